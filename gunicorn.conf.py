"""gunicorn reads this where it is started: its first lines are JSON, too."""

from scheduler_project.logs import LOGGING

logconfig_dict = LOGGING
