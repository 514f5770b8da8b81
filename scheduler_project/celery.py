"""The Celery application. Its messages are hints only: the truth is in the database."""

import logging
import os
from logging.config import dictConfig

from celery import Celery
from celery.signals import celeryd_init, setup_logging

from observability.logs import LOGGING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
# Django's checks read all views, which a worker needs for nothing else; `manage.py` makes them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("belfry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# A worker has something to say before it asks for its logging: a warning if it is root's.
@celeryd_init.connect
@setup_logging.connect
def _log_as_every_process_does(**_: object) -> None:
    """Whoever listens to `setup_logging` keeps Celery from logging in a form of its own."""
    dictConfig(LOGGING)
    logging.captureWarnings(capture=True)


app.steps["worker"].add("jobs.execution.worker:EngineStep")
app.steps["worker"].add("notifications.watching:WatchStep")
app.steps["worker"].add("scheduler_project.beat:BeatThread")
