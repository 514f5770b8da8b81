"""The answers to a template's prompts, as fields of what launches it: null where nothing was answered (AWX's form)."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.fields import check_variables
from api.values import value_problem
from api.variables import MAX_TEXT
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

    def validate_extra_data(self, value: Any) -> Any:
        """A mapping, or any text or empty value, which is kept as it is (AWX's way)."""
        problem = value_problem(value)
        if problem or (isinstance(value, str) and len(value) > MAX_TEXT):
            raise ValidationError([problem or f"Variables may have at most {MAX_TEXT} characters."])
        if value and not isinstance(value, str):
            check_variables(value)
        return value


PROMPT_NAMES = tuple(PromptFields().fields)
