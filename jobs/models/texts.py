from typing import ClassVar

from django.db import models

from api.text_index import grams_index
from jobs.models.templates import UnifiedJobTemplate


class RunText(models.Model):
    """A name and description that runs of a template have or had, for searches among them (api/text_index.py).

    Triggers write it (jobs/migrations). It may be there twice where two transactions were the first to use it: so
    neither had to wait for the other. Housekeeping deletes what no run goes by any more.
    """

    # The one that the runs had when they were made; 0 if none. It may be gone.
    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    name = models.CharField(max_length=512)
    description = models.TextField()

    class Meta:
        indexes: ClassVar = [
            grams_index("run_text_grams"),
            # Read by the trigger.
            models.Index(fields=["name", "unified_job_template"], name="run_text_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
