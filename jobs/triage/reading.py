"""What is on record of a run and around it, as far as the asker may read it: a constant number of statements."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone

from access.activity import ActivityStream, Operation
from access.models import User
from access.rules import accessible, sees_all
from api.exposure import kinds
from credentials.models import CredentialInputSource
from inventories.groups import groups_above
from jobs.models import Attempt, JobHostSummary, JobTemplate, Project, UnifiedJob
from jobs.policies import seconds_of_call
from jobs.record import is_accepted
from jobs.statuses import FINISHED, Outcome, Status
from jobs.triage.evidence import QUOTED
from jobs.triage.facts import SETTING, Call, Change, EndedRun, Facts, History, Others, history_of

# The runs of the template that are looked at, those of other templates, and the templates.
MOST_RUNS, MOST_OTHERS, MOST_TEMPLATES = 200, 1000, 500
# Entries of the activity stream that are read, and those of them that are told.
MOST_ENTRIES, MOST_CHANGES = 50, 3
HOURS_AROUND = 1
CREDENTIALS = "credentials"
# Hosts on which the run failed, whose own changes are looked for.
MOST_HOSTS = 100
# What changes nothing of a call; but a host is called by its name.
COSMETIC = frozenset({"name", "description", "organization", "labels"})
NAMED = "host"
# The lists whose entries say that something else is called, or otherwise.
LISTS = (CREDENTIALS, "hosts", "groups", "children")
# What holds for runs without a timeout of their own.
TIMEOUT = "DEFAULT_JOB_TIMEOUT"


def facts_of(job: UnifiedJob, user: User) -> Facts:
    """`job` is a run of a job template that `user` may read."""
    template, project = _origin(job, user)
    history = _history(job, template)
    hosts = _hosts(job)
    return Facts(
        job=job.pk,
        status=job.status,
        reason=job.failure_reason,
        explanation=job.job_explanation,
        attempts_made=job.attempts_made,
        attempts_allowed=job.attempts_allowed,
        has_begun=job.started is not None,
        bound=seconds_of_call(job.timeout),
        history=history,
        template=template,
        project=project,
        call=_call(job, to_hosts=bool(hosts[1])),
        hosts_failed=hosts[0],
        hosts=hosts[1],
        others=_others(job, template, project, user),
        changes=_changes(job, template, project, history, user),
    )


def _origin(job: UnifiedJob, user: User) -> tuple[int | None, int | None]:
    """The ids of the run's template and of its project."""
    templates = accessible(JobTemplate.objects.filter(unified_jobs=job.pk), user)
    projects = accessible(Project.objects.filter(job_templates__unified_jobs=job.pk), user)
    return templates.values_list("pk", flat=True).first(), projects.values_list("pk", flat=True).first()


def _history(job: UnifiedJob, template: int | None) -> History:
    """Up to the run. Whoever reads a template reads its runs; without one there is only the run itself."""
    runs = UnifiedJob.objects.filter(
        unified_job_template__in=[template],
        status__in=FINISHED,
        finished__lte=job.finished or timezone.now(),
    )
    # By an index on (template, finished).
    earlier = runs.exclude(pk=job.pk).order_by("-finished")
    columns = ("status", "created", "started", "finished", "elapsed")
    read = [_ended(run) for run in earlier.only(*columns)[:MOST_RUNS]]
    return history_of([_ended(job), *read] if job.is_finished else read)


def _ended(run: UnifiedJob) -> EndedRun:
    finished = run.finished or run.modified
    return EndedRun(run.pk, run.status, run.created, run.started or finished, finished, float(run.elapsed))


def _hosts(job: UnifiedJob) -> tuple[int, int]:
    """Of a run with an inventory: on how many hosts it failed, and how many it called."""
    called = JobHostSummary.objects.order_by().filter(job=job)
    counts = called.aggregate(failed=Count("pk", filter=~Q(outcome=Outcome.SUCCESS)), total=Count("pk"))
    return counts["failed"], counts["total"]


def _call(job: UnifiedJob, *, to_hosts: bool) -> Call | None:
    """The call that the run's end goes back to: its last, and of those to hosts the first that failed."""
    calls: QuerySet[Any] = Attempt.objects.filter(job=job).order_by("-number")
    if to_hosts:
        calls = JobHostSummary.objects.filter(job=job).exclude(outcome=Outcome.SUCCESS).order_by("number")
    # Bodies may be long.
    calls = calls.defer("response_body").annotate(beginning=Left("response_body", QUOTED + 1))
    attempt = calls.first()
    if attempt is None:
        return None
    headers = {str(name).lower(): str(value) for name, value in attempt.response_headers.items()}
    return Call(
        number=attempt.number,
        host=attempt.host_name,
        method=str(attempt.request.get("method", "")),
        url=str(attempt.request.get("url", "")),
        status=attempt.response_status,
        seconds=(attempt.finished - attempt.started).total_seconds() if attempt.finished else None,
        retry_after=headers.get("retry-after", ""),
        answer=attempt.beginning,
        outcome=attempt.outcome,
        error=attempt.error,
        is_accepted=is_accepted(job, attempt),
    )


def _others(job: UnifiedJob, template: int | None, project: int | None, user: User) -> Others | None:
    """How other templates' runs of the project went that ended within HOURS_AROUND of the end of the run."""
    if project is None or job.finished is None:
        return None
    templates = accessible(JobTemplate.objects.order_by().filter(project=project), user)
    siblings = [pk for pk in templates.values_list("pk", flat=True)[:MOST_TEMPLATES] if pk != template]
    around = timedelta(hours=HOURS_AROUND)
    ended = UnifiedJob.objects.order_by().filter(
        unified_job_template__in=siblings,
        finished__range=(job.finished - around, job.finished + around),
        status__in=(Status.SUCCESSFUL, Status.FAILED, Status.ERROR),
    )
    statuses = list(ended.values_list("status", flat=True)[:MOST_OTHERS])
    return Others(len(statuses) - statuses.count(Status.SUCCESSFUL), len(statuses), HOURS_AROUND)


def _changes(
    job: UnifiedJob, template: int | None, project: int | None, history: History, user: User
) -> tuple[Change, ...]:
    """What was changed between the launch of the last successful run and the first failure after it, the last first."""
    good, bad = history.last_successful, history.first_unsuccessful
    if good is None or bad is None:
        return ()
    credentials = job.request.get("credentials") or []
    sources = CredentialInputSource.objects.filter(target_credential__in=credentials)
    looked_up = list(sources.values_list("pk", "source_credential"))
    concerned = {
        "job_template": [template],
        "project": [project],
        "credential": [*credentials, *(credential for _, credential in looked_up)],
        "credential_input_source": [source for source, _ in looked_up],
        "schedule": UnifiedJob.objects.filter(pk=job.pk).values_list("occurrence__schedule", flat=True),
        **_called(job),
    }
    of_these = Q()
    if job.timeout == 0 and sees_all(user):
        of_these |= Q(object1=SETTING, changes__has_key=TIMEOUT)
    for kind, ids in concerned.items():
        of_these |= Q(object1=kind, object1_pk__in=_readable(kind, ids, user))
    entries = ActivityStream.objects.filter(
        of_these,
        Q(operation=Operation.UPDATE)
        | Q(object_association__in=LISTS)
        | Q(operation=Operation.CREATE, object1=NAMED),
        timestamp__range=(good.created, bad.begun),
    )
    read = (_change(entry) for entry in entries.order_by("-id")[:MOST_ENTRIES])
    return tuple(change for change in read if change.fields or change.is_new)[:MOST_CHANGES]


def _called(job: UnifiedJob) -> dict[str, list[int]]:
    """Of a run with an inventory: it, the hosts on which the run failed, and the groups that these are in."""
    if job.inventory_id is None:
        return {}
    failed = JobHostSummary.objects.filter(job=job, host__isnull=False).exclude(outcome=Outcome.SUCCESS)
    hosts = [pk for pk in failed.order_by("number").values_list("host", flat=True)[:MOST_HOSTS] if pk]
    return {
        "inventory": [job.inventory_id],
        "host": hosts,
        "group": sorted(groups_above(hosts, job.inventory_id)),
    }


def _readable(kind: str, ids: Iterable[int | None], user: User) -> list[int]:
    """Those of objects of a kind, which may be another app's, that the user may read."""
    rows: QuerySet[Model] = QuerySet(kinds()[kind]).order_by()
    wanted = [pk for pk in ids if pk is not None]
    return list(accessible(rows.filter(pk__in=wanted), user).values_list("pk", flat=True))


def _change(entry: ActivityStream) -> Change:
    is_new = entry.operation == Operation.CREATE
    if is_new:
        names = []
    elif entry.object_association:
        names = [entry.object_association]
    else:
        cosmetic = COSMETIC - {"name"} if entry.object1 == NAMED else COSMETIC
        names = [name for name in entry.changes if name not in cosmetic]
    # A template has its endpoint under AWX's name as well.
    fields = tuple(name for name in names if name != "playbook" or "endpoint" not in names)
    return Change(entry.pk, entry.timestamp, entry.object1, entry.object1_pk or 0, fields, is_new)
