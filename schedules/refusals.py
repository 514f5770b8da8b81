"""Occurrences that are due and yet not launched: an earlier run is still going, or a circuit breaker is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from jobs.limits import why_held
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.overlap import Overlap, overlap, overlap_of, settle
from schedules.launching import Launch
from schedules.models import Occurrence, Schedule


def overlap_for(schedule: Schedule, template: UnifiedJobTemplate, run: UnifiedJob) -> Overlap:
    """The schedule's own policy, and the template's for what it leaves open."""
    templates = overlap_of(template, run)
    return overlap(
        schedule.overlap_policy or templates.policy,
        templates.limit if schedule.overlap_limit is None else schedule.overlap_limit,
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the ledger says that an occurrence ended, and why."""

    outcome: Occurrence.Outcome
    reason: str


def refusals(launches: Sequence[Launch], now: datetime) -> list[Refusal | None]:
    """For each launch, in their order, why it may not be made; None where it may.

    To be called in the transaction that saves the runs, as jobs.overlap.settle.
    """
    held = [why_held(launch.template, launch.run, now) for launch in launches]
    free = [launch for launch, reason in zip(launches, held, strict=True) if not reason]
    overlaps = iter(settle([(one.run, overlap_for(one.schedule, one.template, one.run)) for one in free]))
    found: list[Refusal | None] = []
    for reason in held:
        outcome = Occurrence.Outcome.HELD if reason else Occurrence.Outcome.OVERLAP
        text = reason or next(overlaps)
        found.append(Refusal(outcome, text) if text else None)
    return found


def record_refusals(refused: Sequence[tuple[int, Refusal]]) -> None:
    """Say so in ledger rows, given by id, that were written as launched: one statement. They have no run."""
    if not refused:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE schedules_occurrence AS occurrence
            SET outcome = refused.outcome, reason = refused.reason, job_id = NULL
            FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS refused (id, outcome, reason)
            WHERE occurrence.id = refused.id
            """,
            [
                [occurrence for occurrence, _ in refused],
                [refusal.outcome.value for _, refusal in refused],
                [refusal.reason for _, refusal in refused],
            ],
        )
