from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("schedules", "0010_texts_of_schedules")]
    operations = [
        migrations.AlterModelOptions(
            name="calendarentry",
            options={
                "ordering": ["calendar_id", "first_day", "from_time", "id"],
                "verbose_name": "calendar entry",
                "verbose_name_plural": "calendar entries",
            },
        ),
    ]
