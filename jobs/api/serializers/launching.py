"""What a launch, a relaunch and a copy take, and what a launch says beforehand."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.fields import empty

from access.rules import accessible
from api.fields import PrimaryKeyField, check_variables
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Inventory
from jobs.models import JobTemplate, Label, UnifiedJobTemplate
from jobs.prompts import ALL_SWITCHES, lacks_inventory
from jobs.statuses import JobType
from jobs.surveys import variables_needed

# Longer numbers are no ids of the database, and too long ones no numbers to Python.
LONGEST_ID = 18

# AWX's switches of prompts, in AWX's order; a launch says which are on.
ASK_NAMES = (
    "ask_scm_branch_on_launch",
    "ask_variables_on_launch",
    "ask_tags_on_launch",
    "ask_diff_mode_on_launch",
    "ask_skip_tags_on_launch",
    "ask_job_type_on_launch",
    "ask_limit_on_launch",
    "ask_verbosity_on_launch",
    "ask_inventory_on_launch",
    "ask_credential_on_launch",
    "ask_execution_environment_on_launch",
    "ask_labels_on_launch",
    "ask_forks_on_launch",
    "ask_job_slice_count_on_launch",
    "ask_timeout_on_launch",
    "ask_instance_groups_on_launch",
)
DEFAULT_NAMES = (
    "limit",
    "scm_branch",
    "job_tags",
    "skip_tags",
    "extra_vars",
    "diff_mode",
    "job_type",
    "verbosity",
    "forks",
    "job_slice_count",
    "timeout",
)


class LaunchVariablesField(serializers.JSONField):
    """An object, or a text that holds a JSON object or a YAML mapping."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return check_variables(data)


class ObjectsField(serializers.ManyRelatedField):
    """Objects by their ids. A form has none to choose from, for it would show what the asker may not see."""

    def __init__(self, objects: QuerySet[Any], **kwargs: Any) -> None:
        relation = serializers.PrimaryKeyRelatedField(queryset=objects)
        super().__init__(child_relation=relation, required=False, allow_null=True, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        """What a form does not have is no answer; an empty list would be one."""
        return super().get_value(dictionary) if self.field_name in dictionary else empty

    def get_choices(self, cutoff: int | None = None) -> dict[Any, str]:
        return {}


class GroupsField(ObjectsField):
    """Instance groups, in the order that was given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(InstanceGroup.objects.all(), **kwargs)


class LabelsField(ObjectsField):
    """Labels that the asker may read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Label.objects.all(), **kwargs)

    def to_internal_value(self, data: Any) -> list[Label]:
        labels: list[Label] = list(super().to_internal_value(data))
        readable = accessible(
            Label.objects.filter(pk__in=[label.pk for label in labels]), self.context["request"].user
        )
        unknown = {label.pk for label in labels} - set(readable.values_list("pk", flat=True))
        for number in sorted(unknown):
            self.child_relation.fail("does_not_exist", pk_value=number)
        return labels


class CredentialsField(ObjectsField):
    """Credentials: in two statements for any number of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Credential.objects.all(), **kwargs)

    def to_internal_value(self, data: Any) -> list[Credential]:
        if isinstance(data, str) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        ids = list(dict.fromkeys(number_of(key) for key in data))
        found = Credential.objects.select_related("credential_type").in_bulk(ids)
        for number in ids:
            if number not in found:
                self.child_relation.fail("does_not_exist", pk_value=number)
        return [found[number] for number in ids]


def number_of(key: object) -> int:
    """Raises ValidationError where `key` is no id."""
    if isinstance(key, bool) or not isinstance(key, int | str):
        text = f"Incorrect type. Expected pk value, received {type(key).__name__}."
        raise serializers.ValidationError([text])
    digits = str(key)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID):
        raise serializers.ValidationError([f'Invalid pk "{digits[:100]}" - object does not exist.'])
    return int(digits)


class PasswordsField(serializers.DictField):
    """Texts by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.CharField(allow_blank=True, trim_whitespace=False),
            required=False,
            allow_null=True,
            write_only=True,
            help_text="What AWX's credentials ask for at launch. Not stored: calls have no use for it.",
            **kwargs,
        )


class LaunchSerializer(serializers.Serializer[Any]):
    """The answers to a template's prompts. null is no answer."""

    extra_vars = LaunchVariablesField(
        required=False,
        allow_null=True,
        style={"base_template": "textarea.html"},
        help_text="The parameters of the call: an object, or a JSON object or YAML mapping as text.",
    )
    inventory = PrimaryKeyField(queryset=Inventory.objects.all(), required=False, allow_null=True)
    scm_branch = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=1024)
    limit = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    job_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    skip_tags = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    job_type = serializers.ChoiceField(
        choices=JobType.choices,
        required=False,
        allow_null=True,
        help_text="`check` is a dry run: the endpoint is called and told so.",
    )
    verbosity = serializers.ChoiceField(
        choices=JobTemplate.Verbosity.choices, required=False, allow_null=True
    )
    diff_mode = serializers.BooleanField(required=False, allow_null=True)
    credentials = CredentialsField()
    credential_passwords = PasswordsField()
    execution_environment = PrimaryKeyField(
        queryset=ExecutionEnvironment.objects.all(), required=False, allow_null=True
    )
    labels: Any = LabelsField()
    forks = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**31 - 1)
    job_slice_count = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**31 - 1
    )
    timeout = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=-(2**31),
        max_value=2**31 - 1,
        help_text="Seconds that the call may take.",
    )
    instance_groups = GroupsField()

    def prompts(self) -> dict[str, Any]:
        """The answers other than `extra_vars`."""
        return {name: value for name, value in self.validated_data.items() if name in ALL_SWITCHES}


class CopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=512)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        original: UnifiedJobTemplate | None = self.context.get("original")
        if original is not None and original.name == attrs["name"]:
            raise serializers.ValidationError(
                f"The original object is already named {original.name}, a copy from it cannot have the same name."
            )
        return attrs


class RelaunchSerializer(serializers.Serializer[Any]):
    """AWX's options of a relaunch. Without an inventory `failed` is all of a run that failed, or nothing."""

    hosts = serializers.ChoiceField(
        choices=[("all", "No change to job limit"), ("failed", "All failed and unreachable hosts")],
        required=False,
        allow_null=True,
    )
    credential_passwords = PasswordsField()


def launch_preview(template: JobTemplate) -> dict[str, Any]:
    """What a client asks before it launches: which prompts there are, and what they are where nobody answers."""
    credentials = list(template.credentials.all())
    passwords = [name for one in credentials for name in one.passwords_needed]
    asks = {name: getattr(template, name) for name in ASK_NAMES}
    needed = variables_needed(template)
    inventory, environment = template.inventory, template.execution_environment
    return {
        "can_start_without_user_input": not any(asks.values()) and not passwords and not needed,
        "passwords_needed_to_start": passwords,
        **asks,
        "survey_enabled": template.survey_enabled and bool(template.survey_spec),
        "variables_needed_to_start": needed,
        "credential_needed_to_start": False,
        "inventory_needed_to_start": lacks_inventory(template),
        "job_template_data": {"name": template.name, "id": template.pk, "description": template.description},
        "defaults": {
            "inventory": _brief(inventory) if inventory else {"name": None, "id": None},
            **{name: getattr(template, name) for name in DEFAULT_NAMES},
            "credentials": [
                {
                    "id": one.pk,
                    "name": one.name,
                    "credential_type": one.credential_type_id,
                    "passwords_needed": one.passwords_needed,
                }
                for one in credentials
            ],
            "execution_environment": _brief(environment) if environment else {},
            "labels": [_brief(label) for label in template.labels.all()],
            "instance_groups": [_brief(place.instance_group) for place in template.group_places.all()],
        },
    }


def _brief(obj: Any) -> dict[str, Any]:
    return {"id": obj.pk, "name": obj.name}
