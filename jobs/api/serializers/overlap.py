"""The fields of what a launch does while an earlier run is still going; `allow_simultaneous` is AWX's name of one."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from jobs.statuses import OverlapPolicy

LARGEST = 2**31 - 1
CONTRADICTION = "`allow_simultaneous` and `overlap_policy` contradict each other."


class OverlapLimitField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            min_value=0,
            max_value=LARGEST,
            help_text="With the overlap policy `queue`: how many runs may wait; 0 for any number.",
            **kwargs,
        )


class SimultaneousField(serializers.BooleanField):
    def get_attribute(self, instance: Any) -> bool:
        return bool(instance.overlap_policy == OverlapPolicy.ALLOW)


class OverlapFields(serializers.Serializer[Any]):
    """For serializers of job templates."""

    allow_simultaneous = SimultaneousField(
        required=False,
        help_text="AWX's switch: on is the overlap policy `allow`; off leaves any other policy as it is.",
    )
    overlap_policy = serializers.ChoiceField(
        choices=OverlapPolicy.choices,
        required=False,
        help_text="What a launch does while an earlier run is still going: `allow`, `skip`, `queue` or `replace`.",
    )
    overlap_limit = OverlapLimitField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = OverlapPolicy(getattr(self.instance, "overlap_policy", OverlapPolicy.QUEUE))
        policy = _policy(attrs.get("overlap_policy"), stored, switch=attrs.pop("allow_simultaneous", None))
        if policy != stored:
            attrs["overlap_policy"] = policy
        validated: dict[str, Any] = super().validate(attrs)
        return validated


def _policy(named: str | None, stored: OverlapPolicy, *, switch: bool | None) -> OverlapPolicy:
    """What is meant by AWX's switch and the policy's name. One that repeats what is stored did not mean to change it.

    Raises ValidationError where both mean to, in different ways.
    """
    was_on = stored == OverlapPolicy.ALLOW
    policy = stored if named is None else OverlapPolicy(named)
    if switch is None or switch == (policy == OverlapPolicy.ALLOW) or (policy != stored and switch == was_on):
        return policy
    if policy != stored:
        raise ValidationError({"overlap_policy": [CONTRADICTION]})
    return OverlapPolicy.ALLOW if switch else OverlapPolicy.QUEUE
