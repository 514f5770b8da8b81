"""An index of template and letters together: a search among the schedules of a few templates reads what it finds.

It is made by several processes.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations
from django.db.models import F, Func

from jobs.migrations._text_grams import TEXTS, called_in_parallel


class Migration(migrations.Migration):
    dependencies = [("schedules", "0007_enabled_beside_texts"), ("jobs", "0007_templates_beside_texts")]
    operations = [
        migrations.RunSQL(called_in_parallel("SAFE"), migrations.RunSQL.noop),
        migrations.AddIndex(
            "scheduletext",
            GinIndex(
                Func(F("unified_job_template"), TEXTS, function="owned_grams"),
                fastupdate=False,
                name="schedule_template_grams",
            ),
        ),
        migrations.RunSQL(called_in_parallel("UNSAFE"), migrations.RunSQL.noop),
        migrations.RunSQL("ANALYZE schedules_scheduletext", migrations.RunSQL.noop),
    ]
