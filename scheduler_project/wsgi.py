import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import Resolver404, resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

application = get_wsgi_application()
# All that is read before gunicorn forks its workers is in memory once, unless the garbage collector writes to it. A
# path that nobody answers is compared with all that there are.
try:
    resolve("/api/v2/nothing/")
except Resolver404:
    gc.collect()
    gc.freeze()
