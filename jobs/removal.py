"""Runs are deleted by the hundred: as `QuerySet.delete` would, but without reading what is deleted."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import SET_NULL, ManyToOneRel

from jobs.many import each_of
from jobs.models import UnifiedJob


def delete_runs(ids: Sequence[int]) -> None:
    """Delete runs, and delete or set to null what refers to them: a statement for each relation, none without runs."""
    if not ids:
        return
    for relation in UnifiedJob._meta.get_fields(include_hidden=True):
        # One-to-one relations are among these; those of many to many are by way of their own tables.
        if not isinstance(relation, ManyToOneRel):
            continue
        name = relation.field.name
        referring = relation.related_model._base_manager.filter(**{f"{name}__in": each_of(ids)})
        if relation.on_delete is SET_NULL:
            referring.update(**{name: None})
        else:
            referring.delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM jobs_unifiedjob WHERE id = ANY(%s)", [list(ids)])
