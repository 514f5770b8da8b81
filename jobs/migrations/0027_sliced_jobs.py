from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0026_history_limits")]
    operations = [
        migrations.AddField(
            model_name="unifiedjob",
            name="is_sliced_job",
            field=models.BooleanField(default=False),
        ),
    ]
