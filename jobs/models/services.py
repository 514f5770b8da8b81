"""What all workers must know of a service whose calls are limited."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jobs.models.templates import Project
from jobs.statuses import BreakerState


class Service(models.Model):
    """Made when its project is first given a limit, and kept. What the limits are is on the project.

    How many calls are in flight is not stored: they are the runs that are running.
    """

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="service"
    )
    breaker = models.CharField(max_length=10, choices=BreakerState.choices, default=BreakerState.CLOSED)
    # Since when the breaker is in this state; null while it has never been in another.
    since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    reason = models.TextField(default="")
    # The id of the run that a half-open breaker has let through.
    probe = models.BigIntegerField(null=True)
    # When the calls of the last second began; kept where their number is limited.
    recent = ArrayField(models.DateTimeField(), default=list)

    def __str__(self) -> str:
        return f"service of project {self.project_id}: {self.breaker}"
