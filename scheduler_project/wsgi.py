import gc
import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.urls import Resolver404, resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

application = get_wsgi_application()
# A path that nobody answers is compared with all that there are, which reads the views: the first page is as quick as
# any. What has been read by then stays, and need not be looked through for garbage again and again.
with suppress(Resolver404):
    resolve("/api/v2/nothing/")
gc.collect()
gc.freeze()
