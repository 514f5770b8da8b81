"""Labels: who may use them, and how runs come by those of their templates."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from access.models import Organization, User
from access.rules import Rules, accessible, may_change
from jobs.models import Label


class LabelRules(Rules):
    """Whoever reads an organization reads its labels, whoever changes it makes and changes them."""

    def readable(self, user: User) -> Q:
        return Q(organization__in=accessible(Organization.objects.order_by(), user).values("pk"))

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        organization = Organization.objects.filter(pk=_number(data.get("organization"))).first()
        return organization is not None and may_change(user, organization, {})

    def may_change(self, user: User, obj: Label, data: Mapping[str, Any]) -> bool:
        moves = data.get("organization") not in (None, obj.organization_id)
        return may_change(user, obj.organization, {}) and (not moves or self.may_add(user, data))


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def label_by_templates(runs: Sequence[int]) -> None:
    """Give each of the runs with these ids its template's labels: one statement, however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO jobs_unifiedjob_labels (unifiedjob_id, label_id)
            SELECT run.id, attached.label_id
            FROM jobs_unifiedjob AS run
            JOIN jobs_unifiedjobtemplate_labels AS attached
              ON attached.unifiedjobtemplate_id = run.unified_job_template_id
            WHERE run.id = ANY(%s::bigint[])
            ON CONFLICT DO NOTHING
            """,
            [list(runs)],
        )


def label_runs(pairs: Sequence[tuple[int, int]]) -> None:
    """Give runs these labels (run's id, label's id): one statement, or none where there are none."""
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO jobs_unifiedjob_labels (unifiedjob_id, label_id)
            SELECT pair.job, label.id
            FROM unnest(%s::bigint[], %s::bigint[]) AS pair (job, label)
            JOIN jobs_label AS label ON label.id = pair.label
            ON CONFLICT DO NOTHING
            """,
            [[job for job, _ in pairs], [label for _, label in pairs]],
        )


def discard_unused(label: Label) -> None:
    """Delete a label that is attached to nothing."""
    holders = [relation for relation in Label._meta.related_objects if relation.many_to_many]
    if not any(getattr(label, str(relation.get_accessor_name())).exists() for relation in holders):
        label.delete()


def in_summary(labels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `summary_fields` say of labels: how many there are, and the first ten."""
    return {"count": len(labels), "results": [dict(label) for label in labels[:10]]}
