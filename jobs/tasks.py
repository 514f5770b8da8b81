"""Celery's messages of this app. Each says only "there is work": the database knows which."""

from celery import current_app


def announce_work() -> None:
    current_app.send_task("jobs.tasks.run_waiting")
