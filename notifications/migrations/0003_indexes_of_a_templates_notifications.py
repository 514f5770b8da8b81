import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_told_by_the_database")]

    operations = [
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["notification_template", "id"], name="notification_of_template"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                fields=["notification_template", "created", "id"], name="notification_recent"
            ),
        ),
        # The first serves whatever the key's own index did.
        migrations.AlterField(
            model_name="notification",
            name="notification_template",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to="notifications.notificationtemplate",
            ),
        ),
    ]
