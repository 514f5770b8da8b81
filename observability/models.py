"""What is counted as it happens, so that nobody has to count rows to know it."""

from typing import ClassVar

from django.db import models


class Increment(models.Model):
    """By how much a count has grown, or shrunk: only ever inserted, so no transaction waits for another's."""

    name = models.CharField(max_length=100)
    labels = models.JSONField(default=dict)
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name} {self.labels} {self.value:+g}"


class Count(models.Model):
    """A count as far as its increments have been added to it (observability/counting.py)."""

    name = models.CharField(max_length=100)
    labels = models.JSONField(default=dict)
    value = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "labels"], name="count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.labels} {self.value:g}"


class Moment(models.Model):
    """When something happened last, by the database's clock (observability/moments.py)."""

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%dT%H:%M:%SZ}"
