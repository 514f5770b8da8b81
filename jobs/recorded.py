"""What a run keeps as JSON and AWX has as columns: queries may name it like columns."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from django.db.models import BooleanField, Field, IntegerField, Model, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

Row = TypeVar("Row", bound=Model)

# Name → the JSON column, the key in it, and what stands for a missing one.
Recorded = Mapping[str, tuple[str, str, str | int | bool]]

OF_JOBS: Recorded = {
    "playbook": ("request", "endpoint", ""),
    "endpoint": ("request", "endpoint", ""),
    "http_method": ("request", "method", ""),
    "scm_branch": ("prompts", "scm_branch", ""),
    "forks": ("prompts", "forks", 0),
    "limit": ("prompts", "limit", ""),
    "verbosity": ("prompts", "verbosity", 0),
    "job_tags": ("prompts", "job_tags", ""),
    "force_handlers": ("prompts", "force_handlers", False),
    "skip_tags": ("prompts", "skip_tags", ""),
    "start_at_task": ("prompts", "start_at_task", ""),
    "use_fact_cache": ("prompts", "use_fact_cache", False),
    "diff_mode": ("prompts", "diff_mode", False),
    "job_slice_number": ("prompts", "job_slice_number", 0),
    "job_slice_count": ("prompts", "job_slice_count", 1),
    "scm_revision": ("prompts", "scm_revision", ""),
}
OF_PROJECT_UPDATES: Recorded = {
    "catalog_url": ("request", "endpoint", ""),
    "local_path": ("prompts", "local_path", ""),
    "scm_type": ("prompts", "scm_type", ""),
    "scm_url": ("prompts", "scm_url", ""),
    "scm_branch": ("prompts", "scm_branch", ""),
    "scm_refspec": ("prompts", "scm_refspec", ""),
    "scm_clean": ("prompts", "scm_clean", False),
    "scm_track_submodules": ("prompts", "scm_track_submodules", False),
    "scm_delete_on_update": ("prompts", "scm_delete_on_update", False),
    "scm_revision": ("artifacts", "revision", ""),
}
OF_INVENTORY_UPDATES: Recorded = {
    **{
        name: ("prompts", name, "")
        for name in (
            *("source", "source_path", "feed_url", "source_vars", "scm_branch", "enabled_var"),
            *("enabled_value", "host_filter", "limit", "scm_revision", "custom_virtualenv"),
        )
    },
    **{
        name: ("prompts", name, False)
        for name in ("overwrite", "overwrite_vars", "license_error", "org_host_limit_error")
    },
    "verbosity": ("prompts", "verbosity", 1),
}


def with_recorded(runs: "QuerySet[Row]", recorded: Recorded) -> "QuerySet[Row]":
    """Runs whose queries may name what is recorded; nothing more is read for it."""
    named: Any = runs.alias(**{name: _column(*where) for name, where in recorded.items()})
    return cast("QuerySet[Row]", named)


def _column(column: str, key: str, default: Any) -> Coalesce:
    text = KeyTextTransform(key, column)
    field: Field[Any, Any] = TextField()
    if isinstance(default, bool):
        field = BooleanField()
    elif isinstance(default, int):
        field = IntegerField()
    return Coalesce(Cast(text, field), Value(default), output_field=field)
