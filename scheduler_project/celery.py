"""The Celery application. Its messages are hints only: the truth is in the database."""

import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

app = Celery("belfry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _log_as_the_settings_say(**_: object) -> None:
    """Whoever listens to this signal keeps Celery from logging in a form of its own."""
    dictConfig(settings.LOGGING)


app.steps["worker"].add("jobs.execution.worker:EngineStep")
app.steps["worker"].add("notifications.watching:WatchStep")
