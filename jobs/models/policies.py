"""The columns of a run policy: jobs/policies.py says what they mean."""

from django.db import models

from jobs.policies import RunPolicy
from jobs.statuses import Completion

_DEFAULT = RunPolicy()


class WithRunPolicy(models.Model):
    """A template whose runs have bounds, may be tried again, and may be completed by a report."""

    connect_timeout = models.PositiveIntegerField(blank=True, default=_DEFAULT.connect_timeout)
    read_timeout = models.PositiveIntegerField(blank=True, default=_DEFAULT.read_timeout)
    deadline = models.PositiveIntegerField(blank=True, default=_DEFAULT.deadline)
    max_attempts = models.PositiveIntegerField(blank=True, default=_DEFAULT.max_attempts)
    retry_initial_interval = models.PositiveIntegerField(blank=True, default=_DEFAULT.retry_initial_interval)
    retry_backoff = models.FloatField(blank=True, default=_DEFAULT.retry_backoff)
    retry_max_interval = models.PositiveIntegerField(blank=True, default=_DEFAULT.retry_max_interval)
    retry_max_age = models.PositiveIntegerField(blank=True, default=_DEFAULT.retry_max_age)
    retry_on = models.CharField(max_length=200, blank=True, default=_DEFAULT.retry_on)
    completion = models.CharField(
        max_length=16, choices=Completion.choices, blank=True, default=_DEFAULT.completion
    )
    heartbeat_timeout = models.PositiveIntegerField(blank=True, default=_DEFAULT.heartbeat_timeout)

    class Meta:
        abstract = True
