"""What is answered for a crontab: how it is filled, and its shape for the OpenAPI document."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from schedules import zones
from schedules.crontab import CronJob, Crontab
from schedules.crontab_proof import MOST_SHOWN, Difference, Proof
from schedules.crontab_rules import Draft
from schedules.models import Schedule
from schedules.recurrence import PREVIEWED, RecurrenceSet

EITHER_DAY = "A day of the month or a day of the week is enough, as in cron."
NEVER = "These times do not come within two years."
SEVERAL = "AWX's published limits on rules ask for several schedules; with AWX_CONTRACT=server it is one."
CUT = "The proof ends early, but for the times near changes of the clock: choose fewer lines to compare more of each."
MADE_UP = (
    "The clock skips this time: cron makes up for it as soon as it has been put forward, the schedule launches as much "
    "later as that was."
)


DIFFERENCES = {
    "missing": "Times at which cron runs it and less is launched.",
    "doubled": "Times at which more is launched than cron runs.",
    "extra": "Times at which something is launched and cron runs nothing.",
}


@dataclass(slots=True)
class Imported:
    """A line with a job, and what it becomes: nothing, where the job has an error."""

    job: CronJob
    drafts: Sequence[Draft] = ()
    recurrences: Sequence[RecurrenceSet] = ()
    proof: Proof | None = None
    made: list[Schedule] = field(default_factory=list)


def answer(lines: Iterable[Imported], crontab: Crontab, now: datetime) -> dict[str, Any]:
    return {
        "jobs": [_job(line, now) for line in lines],
        "variables": [asdict(variable) for variable in crontab.variables],
    }


def _job(line: Imported, now: datetime) -> dict[str, Any]:
    job = line.job
    return {
        "line": job.line,
        "expression": job.expression,
        "timezone": job.timezone,
        "schedules": [
            asdict(draft) | _made(line.made[number] if line.made else None)
            for number, draft in enumerate(line.drafts)
        ],
        "next": _next(line.recurrences, now),
        "proof": _proof(line.proof, job.timezone) if line.proof else None,
        "notes": list(_notes(line)),
        "error": job.error,
    }


def _made(schedule: Schedule | None) -> dict[str, Any]:
    return {
        "id": schedule.pk if schedule else None,
        "url": f"/api/v2/schedules/{schedule.pk}/" if schedule else None,
    }


def _next(recurrences: Iterable[RecurrenceSet], now: datetime) -> dict[str, list[datetime]]:
    """The next times of all, as a preview shows those of one."""
    coming = {at.astimezone(UTC): at for each in recurrences for at in each.upcoming(now, PREVIEWED)}
    utc = sorted(coming)[:PREVIEWED]
    return {"local": [coming[at] for at in utc], "utc": utc}


def _proof(proof: Proof, timezone: str) -> dict[str, Any]:
    zone = zones.find(timezone)

    def shown(differences: Sequence[Difference]) -> list[dict[str, Any]]:
        return [
            {"local": each.at.astimezone(zone), "utc": each.at, "why": each.why}
            for each in differences[:MOST_SHOWN]
        ]

    return {
        "from": proof.start,
        "until": proof.end,
        "times": proof.times,
        "moved": [
            {"cron": run.at.astimezone(zone), "schedule": run.due.astimezone(zone), "why": MADE_UP}
            for run in proof.moved[:MOST_SHOWN]
        ],
        **{name: shown(getattr(proof, name)) for name in DIFFERENCES},
        "counts": {name: len(getattr(proof, name)) for name in ("moved", *DIFFERENCES)},
    }


def _notes(line: Imported) -> Iterable[str]:
    yield from line.job.notes
    if line.job.fields and line.job.fields.either_day:
        yield EITHER_DAY
    if len(line.drafts) > 1:
        yield SEVERAL
    if line.proof and not line.proof.times:
        yield NEVER
    if line.proof and line.proof.is_cut:
        yield CUT


# -- its shape ------------------------------------------------------------------------------------


class DraftSerializer(serializers.ModelSerializer[Schedule]):
    """What is sent to make a schedule, and which was made of it: null where nothing is saved."""

    id = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(allow_null=True)

    class Meta:
        model = Schedule
        fields: ClassVar = ["name", "rrule", "dst_gap", "dst_overlap", "jitter_seconds", "id", "url"]


class NextSerializer(serializers.Serializer[Any]):
    local = serializers.ListField(child=serializers.DateTimeField())
    utc = serializers.ListField(child=serializers.DateTimeField())


class MovedSerializer(serializers.Serializer[Any]):
    cron = serializers.DateTimeField()
    schedule = serializers.DateTimeField()
    why = serializers.CharField()


class DifferenceSerializer(serializers.Serializer[Any]):
    local = serializers.DateTimeField()
    utc = serializers.DateTimeField()
    why = serializers.CharField(help_text="The reason; empty where none is known.")


# One of its names is a word of Python's.
ProofSerializer = inline_serializer(
    "CrontabProof",
    {
        "from": serializers.DateTimeField(),
        "until": serializers.DateTimeField(),
        "times": serializers.IntegerField(help_text="How many of cron's times were compared."),
        "moved": MovedSerializer(many=True, help_text="Times that the clock skips."),
        **{name: DifferenceSerializer(many=True, help_text=text) for name, text in DIFFERENCES.items()},
        "counts": serializers.DictField(
            child=serializers.IntegerField(),
            help_text=f"How many there are of each, of which {MOST_SHOWN} are shown.",
        ),
    },
    allow_null=True,
)


class CronJobSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    expression = serializers.CharField(help_text="Its five fields, or a word such as @daily.")
    timezone = serializers.CharField()
    schedules = DraftSerializer(many=True)
    next = NextSerializer()
    proof = ProofSerializer
    notes = serializers.ListField(child=serializers.CharField())
    error = serializers.CharField(help_text="Why it cannot become a schedule; empty where it can.")


class VariableSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    name = serializers.CharField()
    note = serializers.CharField(help_text="What stands for it here.")


class CrontabAnswerSerializer(serializers.Serializer[Any]):
    jobs = CronJobSerializer(many=True)
    variables = VariableSerializer(many=True)
