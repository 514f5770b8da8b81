from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("jobs", "0025_late_by_the_slot")]
    operations = [
        migrations.AddField(
            model_name="unifiedjobtemplate",
            name="successful_history_limit",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="unifiedjobtemplate",
            name="failed_history_limit",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="unifiedjobtemplate",
            index=models.Index(
                fields=["id"],
                condition=Q(successful_history_limit__isnull=False) | Q(failed_history_limit__isnull=False),
                name="template_history_limited",
            ),
        ),
    ]
