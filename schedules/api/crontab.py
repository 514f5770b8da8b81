"""A crontab turned into schedules: what its lines would become, with the proof, or what they have become."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.permissions import EveryUser, body_of
from access.rules import may_add
from api.changes import announce_created
from api.fields import PrimaryKeyField
from api.openapi import OpenApi
from api.views import Endpoint
from jobs.models import UnifiedJobTemplate
from schedules import zones
from schedules.api.crontab_answers import CrontabAnswerSerializer, Imported, answer
from schedules.api.serializers import ScheduleSerializer
from schedules.crontab import LONGEST_TEXT, MOST_LINES, CronJob, Crontab, InvalidLine, read_crontab
from schedules.crontab_proof import Claim, prove_all
from schedules.crontab_rules import drafts
from schedules.models import Schedule
from schedules.recurrence import Contract, load

MOST_JOBS = 100
MOST_SCHEDULES = 200
LONGEST_HOST = 253
# What a schedule's own serializer may find at fault in a line; all else is the template's.
OF_A_LINE = frozenset({"name", "rrule", "__all__"})
NAME_IS_TAKEN = "unique_together"
ANOTHER_HOST = " If it is the crontab of another host, say which: host."


class CrontabSerializer(serializers.Serializer[Any]):
    """A crontab, and what is wanted of it."""

    crontab = serializers.CharField(
        max_length=LONGEST_TEXT,
        trim_whitespace=False,
        style={"base_template": "textarea.html", "rows": 15},
        help_text=f"The text of a crontab: at most {MOST_LINES} lines, {MOST_JOBS} of them with a job. Commands are "
        "neither kept nor shown.",
    )
    timezone = serializers.CharField(
        default="UTC", initial="UTC", help_text="The time zone of its host; a line `CRON_TZ=` changes it."
    )
    has_users = serializers.BooleanField(
        default=False, help_text="Whether a user stands before each command, as in /etc/crontab."
    )
    host = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=LONGEST_HOST,
        help_text="Whose crontab it is: a part of the schedules' names, so that those of several hosts differ.",
    )
    unified_job_template = PrimaryKeyField(
        queryset=UnifiedJobTemplate.objects.all(),
        default=None,
        allow_null=True,
        help_text="What the schedules are to launch; without it nothing is saved.",
    )
    lines = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_LINES),
        default=list,
        max_length=MOST_LINES,
        help_text="The numbers of the lines that are wanted, such as [3, 7]; empty for all.",
    )

    def validate_timezone(self, name: str) -> str:
        if zones.find(name) is None:
            raise ValidationError("This is not the name of a time zone.")
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Puts a Crontab in the place of its text, with those jobs that are wanted."""
        try:
            crontab = read_crontab(attrs["crontab"], attrs["timezone"], has_users=attrs["has_users"])
        except InvalidLine as error:
            raise ValidationError({"crontab": [str(error)]}) from None
        wanted = set(attrs["lines"])
        without = wanted - {job.line for job in crontab.jobs}
        if without:
            raise ValidationError({"lines": [f"Line {line} has no job." for line in sorted(without)]})
        jobs = [job for job in crontab.jobs if not wanted or job.line in wanted]
        if len(jobs) > MOST_JOBS:
            text = f"{len(jobs)} lines have a job; at most {MOST_JOBS} are taken at once: name some as lines."
            raise ValidationError({"crontab": [text]})
        return attrs | {"crontab": Crontab(jobs, crontab.variables)}


class CrontabImport(Endpoint):
    """What schedules stand for the lines of a crontab, with the proof that they launch when cron runs them.

    Cron's own times over two years, changes of the clock included, are compared with those of the schedules. Without
    `unified_job_template` nothing is saved; with it the schedules are made for that template: all of them, or none.
    """

    permission_classes = (EveryUser,)
    serializer_class = CrontabSerializer
    name = "Crontab"

    @OpenApi(responses={200: CrontabAnswerSerializer, 201: CrontabAnswerSerializer})
    def post(self, request: Request) -> Response:
        named = body_of(request).get("unified_job_template")
        if named not in (None, "") and not may_add(request.user, Schedule, {"unified_job_template": named}):
            raise PermissionDenied
        given = CrontabSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        crontab: Crontab = given.validated_data["crontab"]
        template: UnifiedJobTemplate | None = given.validated_data["unified_job_template"]
        host: str = given.validated_data["host"]
        now = timezone.now()
        if template is not None:
            check_makable(crontab.jobs)
        lines = imported(crontab.jobs, host, now)
        if template is None:
            return Response(answer(lines, crontab, now))
        make(lines, template, host, request)
        return Response(answer(lines, crontab, now), status=status.HTTP_201_CREATED)


def check_makable(jobs: Sequence[CronJob]) -> None:
    errors = [f"Line {job.line}: {job.error}" for job in jobs if job.error]
    if errors or not jobs:
        raise ValidationError({"crontab": errors or ["No line has a job."]})


def imported(jobs: Sequence[CronJob], host: str, now: datetime) -> list[Imported]:
    """What the jobs of a host become; nothing is saved. Raises ValidationError where that is too much at once."""
    contract = Contract(settings.AWX_CONTRACT)
    lines = [Imported(job, drafts(job, contract=contract, now=now, host=host)) for job in jobs]
    count = sum(len(line.drafts) for line in lines)
    if count > MOST_SCHEDULES:
        text = (
            f"It would be {count} schedules; at most {MOST_SCHEDULES} are taken at once: name some as lines."
        )
        raise ValidationError({"crontab": [text]})
    claims: list[Claim] = []
    good: list[Imported] = []
    for line in lines:
        if line.job.fields is not None:
            line.recurrences = [load(draft.rrule, draft.clock) for draft in line.drafts]
            claims.append(Claim(line.job.fields, line.recurrences[0].zone, line.recurrences))
            good.append(line)
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for line, proof in zip(good, prove_all(claims, start), strict=True):
        line.proof = proof
    return lines


@transaction.atomic
def make(lines: Sequence[Imported], template: UnifiedJobTemplate, host: str, request: Request) -> None:
    """Make all schedules, as if each had been sent. Raises ValidationError, and nothing is saved."""
    user = asker(request)
    for line in lines:
        for draft in line.drafts:
            serializer = ScheduleSerializer(
                data=asdict(draft) | {"unified_job_template": template.pk}, context={"request": request}
            )
            with _naming(line.job, host):
                serializer.is_valid(raise_exception=True)
                line.made.append(serializer.save(created_by=user, modified_by=user))
            announce_created(request, serializer)


@contextmanager
def _naming(job: CronJob, host: str) -> Iterator[None]:
    """Says of which line it is what is wrong with a schedule, and what would tell it from one of another host."""
    try:
        yield
    except ValidationError as error:
        detail: Any = error.detail
        if not detail.keys() <= OF_A_LINE:
            raise
        texts = [
            f"Line {job.line}: {text}{'' if host or text.code != NAME_IS_TAKEN else ANOTHER_HOST}"
            for each in detail.values()
            for text in each
        ]
        raise ValidationError({"crontab": texts}) from None
