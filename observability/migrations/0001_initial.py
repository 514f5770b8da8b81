from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Increment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("labels", models.JSONField(default=dict)),
                ("value", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="Moment",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("labels", models.JSONField(default=dict)),
                ("value", models.FloatField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name", "labels"), name="count_once")],
            },
        ),
    ]
