"""A worker with nothing to do, on the launcher's broker."""

import os

from celery import Celery
from click import Option

path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
app = Celery("stand_in", broker=f"redis+socket://{path}?virtual_host=0")
app.user_options["worker"].add(Option(["--beat-schedule"]))
