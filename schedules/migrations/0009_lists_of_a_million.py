from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0008_backfills")]
    operations = [
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(fields=["created", "id"], name="schedule_by_created"),
        ),
    ]
