"""What an audit of templates goes by of those who are told of their failures."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Min, Q

from access.models import User
from access.rules import accessible
from jobs.audit.facts import Alerting, Channel, Known
from jobs.models import JobTemplate, UnifiedJobTemplate
from notifications.models import Event, Notification, NotificationTemplate, Subscription

# Of how many of a channel's last messages it is asked how they ended.
MESSAGES_LOOKED_AT = 10

_ASK = f"""
SELECT template.id, count(*), count(*) FILTER (WHERE sent.status = '{Notification.Status.FAILED}'),
       (array_agg(sent.status ORDER BY sent.id DESC))[1] = '{Notification.Status.FAILED}'
FROM unnest(%s::bigint[]) AS template (id), LATERAL (
    SELECT id, status FROM notifications_notification
    WHERE notification_template_id = template.id AND status <> '{Notification.Status.PENDING}'
    ORDER BY id DESC
    LIMIT {MESSAGES_LOOKED_AT}
) AS sent
GROUP BY template.id
"""  # noqa: S608 (only our own words are put in)


def known_of_alerts(templates: Sequence[UnifiedJobTemplate], user: User, _now: datetime) -> dict[int, Known]:
    """Those who may not read a notification template are told that there is one, and how its messages went."""
    places = {template.pk: _places(template) for template in templates}
    told = _told({place for own in places.values() for place in own.values()})
    ids = {pk for own in told.values() for pk in own}
    sent = _sent(ids)
    open_ones = set(
        accessible(NotificationTemplate.objects.order_by().filter(pk__in=ids), user).values_list(
            "pk", flat=True
        )
    )
    candidates = _candidates({template.organization_id for template in templates}, user)
    return {
        template.pk: {
            "alerting": Alerting(
                tuple(
                    Channel(pk if pk in open_ones else None, of, *sent.get(pk, ()))
                    for of, place in places[template.pk].items()
                    for pk in told.get(place, ())
                ),
                candidates.get(template.organization_id),
            )
        }
        for template in templates
    }


# The field of a subscription, and whose it is.
_Place = tuple[str, int | None]


def _places(template: UnifiedJobTemplate) -> dict[str, _Place]:
    """Where somebody may have asked to be told of the template's failures, as the database's trigger looks for them."""
    found: dict[str, _Place] = {"template": ("unified_job_template_id", template.pk)}
    if isinstance(template, JobTemplate) and template.project_id is not None:
        found["project"] = ("unified_job_template_id", template.project_id)
    if template.organization_id is not None:
        found["organization"] = ("organization_id", template.organization_id)
    return found


def _told(places: Iterable[_Place]) -> dict[_Place, list[int]]:
    """The notification templates by the place where they are attached."""
    of_templates = [pk for name, pk in places if name == "unified_job_template_id"]
    of_organizations = [pk for name, pk in places if name == "organization_id"]
    rows = Subscription.objects.filter(
        Q(unified_job_template__in=of_templates) | Q(organization__in=of_organizations), event=Event.ERROR
    )
    found: dict[_Place, list[int]] = {}
    for row in rows:
        place = (
            ("unified_job_template_id", row.unified_job_template_id)
            if row.unified_job_template_id is not None
            else ("organization_id", row.organization_id)
        )
        found.setdefault(place, []).append(row.notification_template_id)
    return found


def _sent(ids: Iterable[int]) -> dict[int, tuple[int, int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [list(ids)])
        return {pk: (ended, failed, last_failed) for pk, ended, failed, last_failed in cursor.fetchall()}


def _candidates(organizations: Iterable[int | None], user: User) -> dict[int | None, int]:
    """By organization the first of its notification templates that the user may read."""
    rows = accessible(NotificationTemplate.objects.order_by().filter(organization__in=organizations), user)
    return dict(rows.values_list("organization").annotate(Min("pk")))
