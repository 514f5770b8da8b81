"""The answers to a template's prompts, as fields of a schedule: null where nothing was answered (AWX's form)."""

from typing import Any

from rest_framework import serializers

from jobs.models import JobTemplate
from jobs.statuses import JobType

LARGEST = 2**31 - 1


class PromptFields(serializers.Serializer[Any]):
    """Shows the model's `prompts`, where a name that is absent was not answered."""

    scm_branch = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=1024)
    job_type = serializers.ChoiceField(JobType.choices, required=False, allow_null=True, allow_blank=True)
    job_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    skip_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    limit = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    diff_mode = serializers.BooleanField(required=False, allow_null=True)
    verbosity = serializers.ChoiceField(JobTemplate.Verbosity.choices, required=False, allow_null=True)
    forks = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST)
    job_slice_count = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LARGEST
    )
    timeout = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=-LARGEST,
        max_value=LARGEST,
        help_text="Seconds that the call may take, where the template asks.",
    )


PROMPT_NAMES = tuple(PromptFields().fields)
