import django.db.models.deletion
import django.utils.timezone
import notifications.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Failing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.unifiedjobtemplate"
                    ),
                ),
                ("failed", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="NotificationTemplate",
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
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_templates",
                        to="access.organization",
                    ),
                ),
                (
                    "notification_type",
                    models.CharField(
                        choices=[
                            ("email", "Email"),
                            ("slack", "Slack"),
                            ("twilio", "Twilio"),
                            ("pagerduty", "Pagerduty"),
                            ("grafana", "Grafana"),
                            ("webhook", "Webhook"),
                            ("mattermost", "Mattermost"),
                            ("rocketchat", "Rocket.Chat"),
                            ("irc", "IRC"),
                            ("awssns", "AWS SNS"),
                        ],
                        max_length=32,
                    ),
                ),
                ("notification_configuration", models.JSONField(blank=True, default=dict)),
                ("messages", models.JSONField(blank=True, default=notifications.models.no_messages, null=True)),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "name"), name="notification_template_name_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "notification_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to="notifications.notificationtemplate",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notifications",
                        to="jobs.unifiedjob",
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("started", "Started"),
                            ("success", "Success"),
                            ("error", "Error"),
                            ("recovery", "Recovery"),
                            ("running", "Running"),
                            ("approved", "Approved"),
                            ("denied", "Denied"),
                            ("timed_out", "Timed Out"),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
                ("due", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "Pending"), ("successful", "Successful"), ("failed", "Failed")],
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("error", models.TextField(blank=True, default="")),
                ("notifications_sent", models.IntegerField(default=0)),
                (
                    "notification_type",
                    models.CharField(
                        choices=[
                            ("email", "Email"),
                            ("slack", "Slack"),
                            ("twilio", "Twilio"),
                            ("pagerduty", "Pagerduty"),
                            ("grafana", "Grafana"),
                            ("webhook", "Webhook"),
                            ("mattermost", "Mattermost"),
                            ("rocketchat", "Rocket.Chat"),
                            ("irc", "IRC"),
                            ("awssns", "AWS SNS"),
                        ],
                        max_length=32,
                    ),
                ),
                ("recipients", models.TextField(blank=True, default="")),
                ("subject", models.TextField(blank=True, default="")),
                ("body", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("status", "pending")), fields=["due"], name="notification_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "notification_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscriptions",
                        to="notifications.notificationtemplate",
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("started", "Started"),
                            ("success", "Success"),
                            ("error", "Error"),
                            ("approvals", "Approvals"),
                            ("recovery", "Recovery"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_subscriptions",
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_subscriptions",
                        to="access.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("unified_job_template__isnull", False)),
                        fields=("unified_job_template", "event", "notification_template"),
                        name="subscription_of_template_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("organization__isnull", False)),
                        fields=("organization", "event", "notification_template"),
                        name="subscription_of_organization_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("unified_job_template__isnull", False), ("organization__isnull", False), _connector="XOR"
                        ),
                        name="subscription_of_one",
                    ),
                ],
            },
        ),
    ]
