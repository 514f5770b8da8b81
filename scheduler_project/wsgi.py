import gc
import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.urls import Resolver404, resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

application = get_wsgi_application()
# All that is read before gunicorn forks its workers is in memory once, unless the garbage collector writes to it. A
# path that nobody answers is compared with all that there are, which reads the views.
with suppress(Resolver404):
    resolve("/api/v2/nothing/")
gc.collect()
gc.freeze()
