"""gunicorn reads this where it is started: its first lines are JSON, too."""

from observability.logs import LOGGING

logconfig_dict = LOGGING
