"""Serializer fields that read what AWX reads: null (and {} or []) for an empty text, null for false; variables."""

import math
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import iter_options

from api.ids import LARGEST_ID
from api.variables import InvalidVariables, parse_variables


class NullAsEmpty:
    """Reads null and other empty values of a column that cannot be null as `empty_value`."""

    empty_value: Any = ""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None and not getattr(self, "read_only", False):
            return False, data
        done: tuple[bool, Any] = super().validate_empty_values(data)  # type: ignore[misc]
        return done

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data or self.empty_value)  # type: ignore[misc]


class TextField(NullAsEmpty, serializers.CharField):
    """A text; a zero is one too."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, float) and not math.isfinite(data):
            self.fail("invalid")
        return super().to_internal_value(str(data) if type(data) in (int, float) else data)


class FlagField(NullAsEmpty, serializers.BooleanField):
    empty_value = False


class OptionField(NullAsEmpty, serializers.ChoiceField):
    """A choice; null is the blank one, where there is one."""

    def to_internal_value(self, data: Any) -> Any:
        # 0 is a choice of its own.
        return serializers.ChoiceField.to_internal_value(self, "" if data is None else data)


class IdField(serializers.IntegerField):
    """An id that is looked up later, with others of its kind or with the rest of a question."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class FiniteKeyField(serializers.PrimaryKeyRelatedField[Any]):
    """An object by its id: what JSON reads as an infinite number is none."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, float) and not math.isfinite(data):
            self.fail("incorrect_type", data_type="float")
        return super().to_internal_value(data)


class PrimaryKeyField(FiniteKeyField):
    """An object by its id. Its form is a number, unless a page offers objects to choose from (api/renderers.py)."""

    offered: dict[str, str]

    def __init__(self, **kwargs: Any) -> None:
        kwargs["style"] = {"base_template": "input.html", "input_type": "number"} | kwargs.get("style", {})
        super().__init__(**kwargs)

    def offer(self, objects: dict[str, str]) -> None:
        """Let its form be a choice of objects, by id and name."""
        self.offered = objects
        self.style = {"base_template": "select.html"}

    def iter_options(self) -> Any:
        return iter_options(self.offered)


class VariablesField(serializers.CharField):
    """A text that holds a JSON object or a YAML mapping, kept byte for byte."""

    # AWX's clients take an object or a file for such a field and send it as text.
    metadata_type = "json"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        kwargs.setdefault("style", {"base_template": "textarea.html"})
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        check_variables(text)
        return text


def check_variables(value: object) -> dict[str, Any]:
    """The mapping that `value` is or holds. Raises ValidationError."""
    try:
        return parse_variables(value)
    except InvalidVariables as error:
        raise ValidationError([str(error)]) from None
