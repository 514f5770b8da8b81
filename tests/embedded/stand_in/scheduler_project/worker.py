"""A worker with nothing to do."""

from scheduler_project.celery import app

if __name__ == "__main__":
    app.Worker(pool_cls="threads", concurrency=1).start()
