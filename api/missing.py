"""What is said of an object that is not there: AWX's words."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404

from api.exposure import type_of


def missing(model: type[Model]) -> Http404:
    """The model by its name in AWX, which its type of objects is made from: `job_template` from JobTemplate."""
    name = type_of(model).title().replace("_", "") or model._meta.object_name
    return Http404(f"No {name} matches the given query.")


def find(rows: QuerySet[Any], number: int) -> Any:
    """The object of `rows` that has the id. Raises Http404."""
    found = rows.filter(pk=number).first()
    if found is None:
        raise missing(rows.model)
    return found
