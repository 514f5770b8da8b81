#!/usr/bin/env python
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        # What the server says of a statement has one.
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise
        # It names no password; its other lines ask whether the server runs.
        reason = str(error).partition("\n")[0]
        sys.exit(f"The database of DATABASE_URL cannot be used: {reason}.")
