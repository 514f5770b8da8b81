"""The limits of a service's calls, from the side of its project: which runs they hold for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from jobs.breaker import Breaker
from jobs.models import Attempt, JobTemplate, Project, Service, UnifiedJob, UnifiedJobTemplate
from jobs.statuses import ACTIVE, BreakerPolicy, BreakerState, JobKind, Status

# A project's fields that make the limits.
LIMITS = ("max_concurrent_calls", "max_calls_per_second", "breaker_threshold")


def service_of(template: UnifiedJobTemplate, run: UnifiedJob) -> int | None:
    """The id of the service whose limits hold for a run of `template`, which is of its own class.

    For the job of its slices none hold: they hold for each slice.
    """
    project = template.project if isinstance(template, JobTemplate) else None
    if project is None or run.is_sliced_job or not project.has_limits:
        return None
    service: Service | None = getattr(project, "service", None)
    return service.pk if service else None


def why_held(template: UnifiedJobTemplate, run: UnifiedJob, now: datetime) -> str:
    """Why a schedule does not launch a run that was built of `template`: the open breaker of its service, where that
    is its policy. Empty where it does; also when the breaker has cooled down, for some call has to try.
    """
    project = template.project if isinstance(template, JobTemplate) else None
    if run.service_id is None or project is None or project.breaker_policy != BreakerPolicy.SKIP:
        return ""
    breaker = Breaker(project.service.since, BreakerState(project.service.breaker))
    half_opens = breaker.half_opens(timedelta(seconds=project.breaker_cooldown))
    if not project.breaker_threshold or half_opens is None or half_opens <= now:
        return ""
    return f"The circuit breaker of the service is open. {project.service.reason}"


_PUT_UNDER = f"""
UPDATE jobs_unifiedjob AS job SET service_id = %(service)s
FROM (
    SELECT run.id FROM jobs_unifiedjob AS run
    JOIN jobs_jobtemplate AS template ON template.template_id = run.unified_job_template_id
    WHERE template.project_id = %(project)s AND run.kind = '{JobKind.JOB}'
      AND run.status = ANY(%(active)s)
    ORDER BY run.id
    FOR UPDATE OF run
) AS active
WHERE job.id = active.id
"""  # noqa: S608 (only our own words are put in)


@transaction.atomic
def limits_changed(project: Project) -> None:
    """Let the project's limits hold for its runs that have not ended, or hold no longer."""
    if project.has_limits:
        Service.objects.get_or_create(project=project)
    elif not Service.objects.filter(project=project).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_UNDER,
            {
                "service": project.pk if project.has_limits else None,
                "project": project.pk,
                "active": [status.value for status in ACTIVE],
            },
        )
    if not project.breaker_threshold:
        Service.objects.filter(project=project).update(
            breaker=BreakerState.CLOSED, since=None, failures=0, reason="", probe=None
        )


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What can be seen of a service: the state of its breaker, and the calls that its limits count."""

    breaker: BreakerState = BreakerState.CLOSED
    since: datetime | None = None
    failures: int = 0
    reason: str = ""
    half_opens: datetime | None = None
    calls_in_flight: int = 0
    calls_last_second: int = 0
    calls_waiting: int = 0


def state_of(project: Project) -> ServiceState:
    """As it is now: three statements."""
    service = Service.objects.filter(project=project).first()
    if service is None:
        return ServiceState()
    now = timezone.now()
    calls = UnifiedJob.objects.filter(service=service, status__in=[Status.RUNNING, Status.WAITING])
    counted = calls.aggregate(
        in_flight=Count("pk", filter=Q(status=Status.RUNNING, inventory=None)),
        waiting=Count("pk", filter=Q(status=Status.WAITING, available_at__lte=now)),
    )
    to_hosts = Attempt.objects.filter(
        job__service=service, job__status=Status.RUNNING, is_called=True, finished=None
    )
    breaker = Breaker(service.since, BreakerState(service.breaker))
    return ServiceState(
        breaker=breaker.state,
        since=breaker.since,
        failures=service.failures,
        reason=service.reason,
        half_opens=breaker.half_opens(timedelta(seconds=project.breaker_cooldown)),
        calls_in_flight=counted["in_flight"] + to_hosts.count(),
        calls_last_second=sum(instant > now - timedelta(seconds=1) for instant in service.recent),
        calls_waiting=counted["waiting"],
    )
