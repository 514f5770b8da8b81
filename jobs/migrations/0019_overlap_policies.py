from typing import Any

from django.db import migrations, models

POLICIES = [
    ("allow", "Run beside it"),
    ("skip", "Do not launch"),
    ("queue", "Wait until it has ended"),
    ("replace", "Cancel it, and run instead"),
]


def keep_simultaneous(apps: Any, _: Any) -> None:
    apps.get_model("jobs", "JobTemplate").objects.filter(allow_simultaneous=True).update(overlap_policy="allow")


def restore_simultaneous(apps: Any, _: Any) -> None:
    apps.get_model("jobs", "JobTemplate").objects.filter(overlap_policy="allow").update(allow_simultaneous=True)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0018_run_policies")]

    operations = [
        migrations.AddField(
            "jobtemplate",
            "overlap_policy",
            models.CharField(choices=POLICIES, default="queue", max_length=8),
        ),
        migrations.AddField("jobtemplate", "overlap_limit", models.PositiveIntegerField(blank=True, default=0)),
        migrations.RunPython(keep_simultaneous, restore_simultaneous),
        migrations.RemoveField("jobtemplate", "allow_simultaneous"),
        migrations.AddField(
            "jobtemplate",
            "allow_simultaneous",
            models.GeneratedField(
                db_persist=True,
                expression=models.Q(("overlap_policy", "allow")),
                output_field=models.BooleanField(),
            ),
        ),
    ]
