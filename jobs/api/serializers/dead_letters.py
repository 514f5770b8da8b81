"""Which of many dead letters are meant."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.fields import IdField

MOST = 1000


class ChosenLettersSerializer(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=IdField(),
        required=False,
        allow_empty=False,
        max_length=MOST,
        help_text=f"The ids of the jobs, such as [105, 130]; at most {MOST}.",
    )
    all = serializers.BooleanField(
        required=False,
        help_text="Instead of `ids`: all dead letters that the query of the path chooses, "
        f"{MOST} at a time; `left` says how many there still are.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("ids")) == bool(attrs.get("all")):
            raise ValidationError({"ids": ["Either `ids` or `all` says which jobs are meant."]})
        return attrs
