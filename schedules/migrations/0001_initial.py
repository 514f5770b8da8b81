import datetime
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("credentials", "0001_initial"),
        ("instances", "0001_initial"),
        ("inventories", "0001_initial"),
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=512)),
                ("description", models.TextField(blank=True, default="")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="calendars", to="access.organization"
                    ),
                ),
                ("zone", models.CharField(default="UTC", max_length=64)),
            ],
            options={
                "ordering": ["organization_id", "name"],
                "constraints": [models.UniqueConstraint(fields=("organization", "name"), name="calendar_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=512)),
                ("description", models.TextField(blank=True, default="")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("rrule", models.TextField()),
                ("extra_data", models.JSONField(blank=True, default=dict)),
                ("secret_variables", models.JSONField(default=list, editable=False)),
                ("prompts", models.JSONField(blank=True, default=dict)),
                ("run_policy", models.JSONField(blank=True, default=dict)),
                (
                    "inventory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="schedules",
                        to="inventories.inventory",
                    ),
                ),
                (
                    "execution_environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="schedules",
                        to="instances.executionenvironment",
                    ),
                ),
                (
                    "overlap_policy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("allow", "Run beside it"),
                            ("skip", "Do not launch"),
                            ("queue", "Wait until it has ended"),
                            ("replace", "Cancel it, and run instead"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("overlap_limit", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "missed_policy",
                    models.CharField(
                        choices=[
                            ("latest", "Launch once, for the latest time missed"),
                            ("skip", "Launch nothing for times missed"),
                            ("all", "Launch once for each time missed, up to a limit"),
                        ],
                        default="latest",
                        max_length=20,
                    ),
                ),
                (
                    "missed_limit",
                    models.PositiveIntegerField(
                        default=10,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "starting_deadline_seconds",
                    models.PositiveIntegerField(
                        blank=True, default=None, null=True, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("paused_until", models.DateTimeField(blank=True, default=None, null=True)),
                ("pause_note", models.CharField(blank=True, default="", max_length=512)),
                (
                    "dst_gap",
                    models.CharField(
                        choices=[
                            ("skip", "Not launched"),
                            ("shift", "Launched as much later as the clock was put forward"),
                        ],
                        default="skip",
                        max_length=8,
                    ),
                ),
                (
                    "dst_overlap",
                    models.CharField(
                        choices=[
                            ("first", "Launched the first time"),
                            ("last", "Launched the last time"),
                            ("both", "Launched both times"),
                        ],
                        default="first",
                        max_length=8,
                    ),
                ),
                (
                    "jitter_seconds",
                    models.PositiveIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(86400)]
                    ),
                ),
                (
                    "identity",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False
                    ),
                ),
                ("dtstart", models.DateTimeField(editable=False, null=True)),
                ("dtend", models.DateTimeField(editable=False, null=True)),
                ("next_run", models.DateTimeField(editable=False, null=True)),
                ("quarantine_reason", models.TextField(blank=True, default="", editable=False)),
                (
                    "credentials",
                    models.ManyToManyField(blank=True, related_name="schedules", to="credentials.credential"),
                ),
                ("labels", models.ManyToManyField(blank=True, related_name="schedules", to="jobs.label")),
                ("calendars", models.ManyToManyField(blank=True, related_name="schedules", to="schedules.calendar")),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("enabled", True), ("next_run__isnull", False)),
                        fields=["next_run", "id"],
                        name="schedule_due",
                    ),
                    models.Index(fields=["name", "id"], name="schedule_by_name"),
                    models.Index(fields=["created", "id"], name="schedule_by_created"),
                    models.Index(fields=["modified", "id"], name="schedule_by_modified"),
                    models.Index(fields=["next_run", "id"], name="schedule_by_next_run"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("unified_job_template", "name"), name="schedule_name_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=512)),
                ("description", models.TextField(blank=True, default="")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "modified_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="schedules.calendar"
                    ),
                ),
                (
                    "first_day",
                    models.DateField(
                        validators=[
                            django.core.validators.MinValueValidator(datetime.date(1900, 1, 1)),
                            django.core.validators.MaxValueValidator(datetime.date(9000, 1, 1)),
                        ]
                    ),
                ),
                (
                    "last_day",
                    models.DateField(
                        validators=[
                            django.core.validators.MinValueValidator(datetime.date(1900, 1, 1)),
                            django.core.validators.MaxValueValidator(datetime.date(9000, 1, 1)),
                        ]
                    ),
                ),
                ("from_time", models.TimeField(blank=True, null=True)),
                ("until_time", models.TimeField(blank=True, null=True)),
                ("imported", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "verbose_name": "calendar entry",
                "verbose_name_plural": "calendar entries",
                "ordering": ["calendar_id", "first_day", "from_time", "id"],
                "indexes": [models.Index(fields=["calendar", "last_day", "first_day"], name="calendar_entry_near")],
            },
        ),
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="occurrences", to="schedules.schedule"
                    ),
                ),
                ("scheduled_for", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("launched", "Launched"),
                            ("coalesced", "Coalesced into a later launch"),
                            ("skipped", "Missed and skipped"),
                            ("overlap", "Skipped because another run was still going"),
                            ("too_late", "Later than the starting deadline"),
                            ("paused", "Paused"),
                            ("excluded", "Excluded by a calendar"),
                            ("held", "Held back by the service's circuit breaker"),
                            ("quarantined", "Quarantined"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "job",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="occurrence",
                        to="jobs.unifiedjob",
                    ),
                ),
                ("through", models.DateTimeField(null=True)),
                ("recorded", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["schedule_id", "scheduled_for"],
                "constraints": [models.UniqueConstraint(fields=("schedule", "scheduled_for"), name="occurrence_once")],
            },
        ),
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="backfills", to="schedules.schedule"
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                (
                    "already_run",
                    models.CharField(
                        choices=[
                            ("none", "None of those already run"),
                            ("failed", "Those already run that failed"),
                            ("all", "All, whether they ran or not"),
                        ],
                        default="none",
                        max_length=8,
                    ),
                ),
                (
                    "order",
                    models.CharField(
                        choices=[("forward", "The oldest first"), ("backward", "The latest first")],
                        default="forward",
                        max_length=8,
                    ),
                ),
                (
                    "max_concurrency",
                    models.PositiveIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("successful", "All were launched and have ended"),
                            ("error", "The schedule could not be launched"),
                            ("canceled", "Canceled"),
                        ],
                        default="running",
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("explanation", models.TextField(blank=True, default="", editable=False)),
                ("total", models.PositiveIntegerField(default=0, editable=False)),
                ("launched", models.PositiveIntegerField(default=0, editable=False)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("finished", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("status", "running")), fields=["id"], name="backfill_running")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("launched__lte", models.F("total"))), name="backfill_launched_of_total"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduleGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_places",
                        to="schedules.schedule",
                    ),
                ),
                (
                    "instance_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedule_places",
                        to="instances.instancegroup",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("schedule", "instance_group"), name="schedule_group_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="schedule",
            name="instance_groups",
            field=models.ManyToManyField(
                blank=True, related_name="schedules", through="schedules.ScheduleGroup", to="instances.instancegroup"
            ),
        ),
        migrations.CreateModel(
            name="BackfillPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "backfill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="schedules.backfill"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("scheduled_for", models.DateTimeField()),
                (
                    "job",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="backfill_place",
                        to="jobs.unifiedjob",
                    ),
                ),
            ],
            options={
                "ordering": ["backfill_id", "position"],
                "constraints": [models.UniqueConstraint(fields=("backfill", "position"), name="backfill_place_once")],
            },
        ),
    ]
