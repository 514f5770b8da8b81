"""The words for what templates and runs are and the states that a run passes through: AWX's."""

from django.db.models import TextChoices


class TemplateKind(TextChoices):
    """AWX's `type` of a unified job template."""

    JOB_TEMPLATE = "job_template"
    PROJECT = "project"
    INVENTORY_SOURCE = "inventory_source"
    SYSTEM_JOB_TEMPLATE = "system_job_template"
    WORKFLOW_JOB_TEMPLATE = "workflow_job_template"
    WORKFLOW_APPROVAL_TEMPLATE = "workflow_approval_template"


class JobKind(TextChoices):
    """AWX's `type` of a unified job."""

    JOB = "job"
    PROJECT_UPDATE = "project_update"
    INVENTORY_UPDATE = "inventory_update"
    SYSTEM_JOB = "system_job"
    WORKFLOW_JOB = "workflow_job"
    WORKFLOW_APPROVAL = "workflow_approval"


# What workflows/ carries on by itself: the engine leaves it alone.
OF_WORKFLOWS = (JobKind.WORKFLOW_JOB, JobKind.WORKFLOW_APPROVAL)


class Status(TextChoices):
    NEW = "new"
    PENDING = "pending"
    WAITING = "waiting"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    ERROR = "error"
    CANCELED = "canceled"


ACTIVE = (Status.NEW, Status.PENDING, Status.WAITING, Status.RUNNING)
UNSTARTED = (Status.NEW, Status.PENDING, Status.WAITING)
FINISHED = (Status.SUCCESSFUL, Status.FAILED, Status.ERROR, Status.CANCELED)
UNSUCCESSFUL = (Status.FAILED, Status.ERROR, Status.CANCELED)
# Of a template that has no runs (AWX's words).
NEVER_RUN = "never updated"


class LaunchType(TextChoices):
    MANUAL = "manual"
    RELAUNCH = "relaunch"
    CALLBACK = "callback"
    SCHEDULED = "scheduled"
    DEPENDENCY = "dependency"
    WORKFLOW = "workflow"
    WEBHOOK = "webhook"
    SYNC = "sync"
    SCM = "scm"


class OverlapPolicy(TextChoices):
    """What a launch does while an earlier run of its template is still going."""

    ALLOW = "allow", "Run beside it"
    SKIP = "skip", "Do not launch"
    QUEUE = "queue", "Wait until it has ended"
    REPLACE = "replace", "Cancel it, and run instead"


class BreakerState(TextChoices):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerPolicy(TextChoices):
    """What becomes of runs whose service's circuit breaker is open."""

    WAIT = "wait", "They wait until it is closed"
    FAIL = "fail", "They fail at once"
    SKIP = "skip", "Schedules launch none; others wait until it is closed"


class JobType(TextChoices):
    RUN = "run"
    CHECK = "check"


class Completion(TextChoices):
    """What tells that a call is over: its answer, or after a 202 what the endpoint reports later."""

    RESPONSE = "response"
    CALLBACK = "callback"


class Outcome(TextChoices):
    """How one attempt ended; `failure_reason` of the run where it was the last."""

    SUCCESS = "success"
    HTTP_STATUS = "http_status"
    ASSERTION = "assertion"
    TIMEOUT = "timeout"
    CONNECT = "connect"
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden_address"
    INVALID_REQUEST = "invalid_request"
    INVALID_DOCUMENT = "invalid_document"
    CANCELED = "canceled"
    LOST = "lost"
    # The run was not over in time.
    DEADLINE = "deadline"
    # The endpoint itself reported, after its answer, that it failed.
    REPORTED = "reported"
    CIRCUIT_OPEN = "circuit_open"
