"""The fields of a run policy: a template has them all, a schedule says in `run_policy` what differs for its runs."""

import math
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from jobs.policies import MAX_ATTEMPTS, MAX_BACKOFF, MAX_SECONDS, RETRY_ON, RETRYABLE, parse_retry_on
from jobs.statuses import Completion


def _seconds(help_text: str, *, least: int = 0) -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False, min_value=least, max_value=MAX_SECONDS, help_text=f"Seconds: {help_text}"
    )


class FactorField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class RunPolicyFields(serializers.Serializer[Any]):
    """The columns of jobs.models.policies.WithRunPolicy."""

    connect_timeout = _seconds("how long a connection may take, its name and TLS included.", least=1)
    read_timeout = _seconds("how long an answer may be silent; 0 for as long as `timeout` lets it.")
    deadline = _seconds(
        "how long the whole run may take from its launch, with all that it waits for; 0 for any time."
    )
    max_attempts = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_ATTEMPTS, help_text="How often a run may call, at most."
    )
    retry_initial_interval = _seconds(
        "how long at most until the second attempt; the wait is random below that."
    )
    retry_backoff = FactorField(
        required=False,
        min_value=1.0,
        max_value=MAX_BACKOFF,
        help_text="By what the longest wait grows with each attempt.",
    )
    retry_max_interval = _seconds(
        "the longest wait between attempts, also where `Retry-After` asks for more.", least=1
    )
    retry_max_age = _seconds("how long after the first attempt the last may begin; 0 for any time.")
    retry_on = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text=f"What is tried again: statuses, ranges of them, and {', '.join(RETRYABLE)}. By default {RETRY_ON}. "
        "A call that was `lost`, or had its `timeout`, may have been carried out: the endpoint tells by the key.",
    )
    completion = serializers.ChoiceField(
        choices=Completion.choices,
        required=False,
        help_text="What ends a run that is answered with 202, or whose message is in a queue: that `response`, or what "
        "the endpoint, or the queue's consumer, reports later (`callback`). Runs with an inventory end with their "
        "responses, and mails when they are sent.",
    )
    heartbeat_timeout = _seconds(
        "how long an endpoint that has accepted a run may be silent before the run has failed.", least=1
    )

    def validate_retry_on(self, text: str) -> str:
        try:
            parse_retry_on(text)
        except ValueError as error:
            raise ValidationError([str(error)]) from None
        return text.replace(" ", "")


class RunPolicyField(serializers.JSONField):
    """Some of a policy's values by name; null and {} for none."""

    def __init__(self, **kwargs: Any) -> None:
        given: dict[str, Any] = {"required": False, "allow_null": True, "initial": dict}
        super().__init__(**given | kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        return {} if value is None else value

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        given = super().to_internal_value(data)
        if not isinstance(given, dict):
            raise ValidationError([f'Expected a dictionary of items but got type "{type(given).__name__}".'])
        policy = RunPolicyFields(data=given)
        unknown = sorted(set(given) - set(policy.fields))
        if unknown:
            raise ValidationError([f"{unknown[0][:60]!a} is no part of a run policy."])
        policy.is_valid(raise_exception=True)
        return dict(policy.validated_data)
