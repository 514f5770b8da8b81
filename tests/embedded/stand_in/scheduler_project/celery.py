"""An application with nothing to do, on the launcher's broker."""

import os

from celery import Celery

path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
app = Celery("stand_in", broker=f"redis+socket://{path}?virtual_host=0")
