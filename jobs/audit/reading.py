"""Reads what an audit goes by, for all templates of a page at once. Nothing is changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from access.models import User
from jobs.audit.facts import Answers, Call, Facts, Known
from jobs.endpoints import means_of
from jobs.models import JobTemplate, UnifiedJobTemplate
from jobs.policies import RunPolicy
from jobs.statistics import usual_seconds
from jobs.statuses import OverlapPolicy, Status, TemplateKind

MEASURED = timedelta(days=30)
# Of how many of a template's last successful runs the answers are looked at.
RUNS_LOOKED_AT = 10

# Reads what an app knows of templates, which are of their own classes, as far as a user may know it: by template, in a
# constant number of statements.
Source = Callable[[Sequence[UnifiedJobTemplate], User, datetime], Mapping[int, Known]]

_sources: list[Source] = []


def add_source(source: Source) -> None:
    """Let audits go by what another app knows, too."""
    _sources.append(source)


def facts_of(templates: Sequence[UnifiedJobTemplate], user: User, *, now: datetime) -> dict[int, Facts]:
    """By template. They are of their own classes, and `user` may read them."""
    ids = [template.pk for template in templates]
    usual = usual_seconds(ids, since=now - MEASURED)
    answers = _answers(ids, since=now - MEASURED)
    known: dict[int, Known] = {pk: {} for pk in ids}
    for source in _sources:
        for pk, more in source(templates, user, now).items():
            known[pk].update(more)
    return {
        template.pk: Facts(
            **_own(template),
            **known[template.pk],
            usual_seconds=usual.get(template.pk),
            answers=answers.get(template.pk, Answers()),
        )
        for template in templates
    }


def call_facts(template: JobTemplate) -> Call:
    project = template.project
    return Call(
        url=f"/api/v2/job_templates/{template.pk}/",
        means=means_of(project.scm_url if project else "", template.endpoint),
        method=template.http_method,
        policy=RunPolicy.of_template(template, {}),
        timeout=template.timeout,
        has_inventory=template.inventory_id is not None,
        success_json=template.success_json,
    )


def _own(template: UnifiedJobTemplate) -> dict[str, Any]:
    own = {
        "id": template.pk,
        "kind": TemplateKind(template.kind),
        "successful_history_limit": template.successful_history_limit,
        "failed_history_limit": template.failed_history_limit,
    }
    if isinstance(template, JobTemplate):
        policy, limit = OverlapPolicy(template.overlap_policy), template.overlap_limit
        return own | {"overlap_policy": policy, "overlap_limit": limit, "call": call_facts(template)}
    allows = getattr(template, "allow_simultaneous", False)
    return own | {"overlap_policy": OverlapPolicy.ALLOW if allows else OverlapPolicy.QUEUE}


# What is kept of an answer is a JSON object, or {}.
_ASK = f"""
SELECT template.id, count(*),
       count(*) FILTER (WHERE run.artifacts ? 'status'),
       count(*) FILTER (WHERE run.artifacts ? 'processed'),
       count(*) FILTER (WHERE run.artifacts ? 'durationMs'),
       array_agg(DISTINCT run.artifacts ->> 'status')
           FILTER (WHERE jsonb_typeof(run.artifacts -> 'status') = 'string')
FROM unnest(%s::bigint[]) AS template (id), LATERAL (
    SELECT artifacts FROM jobs_unifiedjob
    WHERE unified_job_template_id = template.id AND finished >= %s AND status = '{Status.SUCCESSFUL}'
    ORDER BY finished DESC
    LIMIT {RUNS_LOOKED_AT}
) AS run
GROUP BY template.id
"""  # noqa: S608 (only our own words are put in)


def _answers(templates: Sequence[int], *, since: datetime) -> dict[int, Answers]:
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [list(templates), since])
        return {
            pk: Answers(runs, status, processed, duration, tuple(statuses or ()))
            for pk, runs, status, processed, duration, statuses in cursor.fetchall()
        }
