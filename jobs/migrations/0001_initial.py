import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
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
    ]

    operations = [
        migrations.CreateModel(
            name="Label",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="labels", to="access.organization"
                    ),
                ),
                ("inventories", models.ManyToManyField(blank=True, related_name="labels", to="inventories.inventory")),
            ],
            options={
                "ordering": ["organization_id", "name"],
                "constraints": [models.UniqueConstraint(fields=("name", "organization"), name="label_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="UnifiedJobTemplate",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("job_template", "Job Template"),
                            ("project", "Project"),
                            ("inventory_source", "Inventory Source"),
                            ("system_job_template", "System Job Template"),
                            ("workflow_job_template", "Workflow Job Template"),
                            ("workflow_approval_template", "Workflow Approval Template"),
                        ],
                        editable=False,
                        max_length=32,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="access.organization",
                    ),
                ),
                (
                    "execution_environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unified_job_templates",
                        to="instances.executionenvironment",
                    ),
                ),
                ("successful_history_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("failed_history_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("labels", models.ManyToManyField(blank=True, related_name="unified_job_templates", to="jobs.label")),
            ],
            options={
                "ordering": ["name", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("successful_history_limit__isnull", False),
                            ("failed_history_limit__isnull", False),
                            _connector="OR",
                        ),
                        fields=["id"],
                        name="template_history_limited",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("kind__in", ["inventory_source", "workflow_approval_template"]), _negated=True
                        ),
                        fields=("kind", "organization", "name"),
                        name="template_name_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        related_name="as_project",
                        serialize=False,
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                ("scm_url", models.CharField(blank=True, default="", max_length=1024)),
                ("catalog_url", models.CharField(blank=True, default="", max_length=1024)),
                ("scm_revision", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "update_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "New"),
                            ("pending", "Pending"),
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("successful", "Successful"),
                            ("failed", "Failed"),
                            ("error", "Error"),
                            ("canceled", "Canceled"),
                        ],
                        default="",
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("max_concurrent_calls", models.PositiveIntegerField(blank=True, default=0)),
                ("max_calls_per_second", models.PositiveIntegerField(blank=True, default=0)),
                ("breaker_threshold", models.PositiveIntegerField(blank=True, default=0)),
                ("breaker_cooldown", models.PositiveIntegerField(blank=True, default=60)),
                (
                    "breaker_policy",
                    models.CharField(
                        choices=[
                            ("wait", "They wait until it is closed"),
                            ("fail", "They fail at once"),
                            ("skip", "Schedules launch none; others wait until it is closed"),
                        ],
                        default="wait",
                        max_length=8,
                    ),
                ),
                ("local_path", models.CharField(blank=True, default="", max_length=1024)),
                (
                    "scm_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Manual"),
                            ("git", "Git"),
                            ("svn", "Subversion"),
                            ("insights", "Red Hat Insights"),
                            ("archive", "Remote Archive"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("scm_branch", models.CharField(blank=True, default="", max_length=256)),
                ("scm_refspec", models.CharField(blank=True, default="", max_length=1024)),
                ("scm_clean", models.BooleanField(default=False)),
                ("scm_track_submodules", models.BooleanField(default=False)),
                ("scm_delete_on_update", models.BooleanField(default=False)),
                ("scm_update_on_launch", models.BooleanField(default=False)),
                ("scm_update_cache_timeout", models.PositiveIntegerField(blank=True, default=0)),
                ("allow_override", models.BooleanField(default=False)),
                (
                    "default_environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="instances.executionenvironment",
                    ),
                ),
                ("timeout", models.IntegerField(blank=True, default=0)),
            ],
            options={
                "ordering": ["id"],
            },
            bases=("jobs.unifiedjobtemplate",),
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="service",
                        serialize=False,
                        to="jobs.project",
                    ),
                ),
                (
                    "breaker",
                    models.CharField(
                        choices=[("closed", "Closed"), ("open", "Open"), ("half_open", "Half Open")],
                        default="closed",
                        max_length=10,
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("reason", models.TextField(default="")),
                ("probe", models.BigIntegerField(null=True)),
                (
                    "recent",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnifiedJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("job", "Job"),
                            ("project_update", "Project Update"),
                            ("inventory_update", "Inventory Update"),
                            ("system_job", "System Job"),
                            ("workflow_job", "Workflow Job"),
                            ("workflow_approval", "Workflow Approval"),
                        ],
                        default="job",
                        max_length=32,
                    ),
                ),
                ("name", models.CharField(max_length=512)),
                ("description", models.TextField(blank=True, default="")),
                ("run_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unified_jobs",
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="access.organization",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "launch_type",
                    models.CharField(
                        choices=[
                            ("manual", "Manual"),
                            ("relaunch", "Relaunch"),
                            ("callback", "Callback"),
                            ("scheduled", "Scheduled"),
                            ("dependency", "Dependency"),
                            ("workflow", "Workflow"),
                            ("webhook", "Webhook"),
                            ("sync", "Sync"),
                            ("scm", "Scm"),
                        ],
                        default="manual",
                        max_length=20,
                    ),
                ),
                (
                    "job_type",
                    models.CharField(choices=[("run", "Run"), ("check", "Check")], default="run", max_length=64),
                ),
                ("scheduled_for", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("extra_vars", models.JSONField(default=dict)),
                ("request", models.JSONField(default=dict)),
                (
                    "execution_environment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="instances.executionenvironment",
                    ),
                ),
                (
                    "preferred_groups",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "instance_group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unified_jobs",
                        to="instances.instancegroup",
                    ),
                ),
                (
                    "inventory",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unified_jobs",
                        to="inventories.inventory",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="jobs.service",
                    ),
                ),
                (
                    "webhook_service",
                    models.CharField(
                        blank=True,
                        choices=[("github", "GitHub"), ("gitlab", "GitLab"), ("bitbucket_dc", "BitBucket DataCenter")],
                        default="",
                        max_length=16,
                    ),
                ),
                ("webhook_guid", models.CharField(blank=True, default="", max_length=128)),
                (
                    "webhook_credential",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unified_jobs_of_webhook",
                        to="credentials.credential",
                    ),
                ),
                ("prompts", models.JSONField(default=dict)),
                ("timeout", models.IntegerField(default=0)),
                ("allow_simultaneous", models.BooleanField(default=False)),
                ("is_bulk_job", models.BooleanField(default=False)),
                ("is_sliced_job", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("pending", "Pending"),
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("successful", "Successful"),
                            ("failed", "Failed"),
                            ("error", "Error"),
                            ("canceled", "Canceled"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "failed",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("status__in", ["failed", "error", "canceled"])),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "dead_letter",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("attempts_allowed__gt", 1), ("status__in", ["failed", "error"])),
                        output_field=models.BooleanField(),
                    ),
                ),
                ("dismissed", models.DateTimeField(null=True)),
                (
                    "failure_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("success", "Success"),
                            ("http_status", "Http Status"),
                            ("assertion", "Assertion"),
                            ("timeout", "Timeout"),
                            ("connect", "Connect"),
                            ("tls", "Tls"),
                            ("forbidden_address", "Forbidden Address"),
                            ("invalid_request", "Invalid Request"),
                            ("invalid_document", "Invalid Document"),
                            ("canceled", "Canceled"),
                            ("lost", "Lost"),
                            ("deadline", "Deadline"),
                            ("reported", "Reported"),
                            ("circuit_open", "Circuit Open"),
                        ],
                        default="",
                        max_length=32,
                    ),
                ),
                ("job_explanation", models.TextField(blank=True, default="")),
                ("result_traceback", models.TextField(blank=True, default="")),
                ("artifacts", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("modified", models.DateTimeField(auto_now=True)),
                ("available_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deadline_at", models.DateTimeField(null=True)),
                ("started", models.DateTimeField(null=True)),
                ("finished", models.DateTimeField(null=True)),
                ("canceled_on", models.DateTimeField(null=True)),
                ("elapsed", models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("attempts_made", models.PositiveIntegerField(default=0)),
                ("attempts_allowed", models.PositiveIntegerField(default=1)),
                ("lease_owner", models.CharField(blank=True, default="", max_length=200)),
                ("lease_expires_at", models.DateTimeField(null=True)),
                ("execution_node", models.CharField(blank=True, default="", max_length=200)),
                ("labels", models.ManyToManyField(blank=True, related_name="unified_jobs", to="jobs.label")),
                ("credentials", models.ManyToManyField(related_name="unified_jobs", to="credentials.credential")),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["new", "pending", "waiting", "running"])),
                        fields=["unified_job_template", "id"],
                        name="job_active",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status", "pending"),
                            models.Q(("kind__in", ["workflow_job", "workflow_approval"]), _negated=True),
                        ),
                        fields=["id"],
                        name="job_pending",
                    ),
                    models.Index(
                        condition=models.Q(("kind", "workflow_job"), ("status__in", ["pending", "running"])),
                        fields=["status", "id"],
                        name="job_workflows",
                    ),
                    models.Index(
                        condition=models.Q(("service__isnull", True), ("status", "waiting")),
                        fields=["available_at", "id"],
                        name="job_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("service__isnull", False)),
                        fields=["service", "status", "available_at", "id"],
                        name="job_of_service",
                    ),
                    models.Index(
                        condition=models.Q(("status", "running")), fields=["lease_expires_at"], name="job_leases"
                    ),
                    models.Index(
                        condition=models.Q(
                            ("deadline_at__isnull", False), ("status__in", ["new", "pending", "waiting", "running"])
                        ),
                        fields=["deadline_at"],
                        name="job_deadlines",
                    ),
                    models.Index(
                        condition=models.Q(("dead_letter", True), ("dismissed__isnull", True)),
                        fields=["id"],
                        name="job_dead_letters",
                    ),
                    models.Index(
                        condition=models.Q(("execution_node", ""), _negated=True),
                        fields=["execution_node", "-id"],
                        name="job_by_node",
                    ),
                    models.Index(fields=["finished", "id"], name="job_finished"),
                    models.Index(fields=["created", "id"], name="job_created"),
                    models.Index(fields=["name", "id"], name="job_by_name"),
                    models.Index(
                        condition=models.Q(("status__in", ["failed", "error", "canceled"])),
                        fields=["status", "id"],
                        include=("kind",),
                        name="job_unsuccessful",
                    ),
                    models.Index(fields=["unified_job_template", "-id"], name="job_latest"),
                    models.Index(
                        condition=models.Q(("finished__isnull", False)),
                        fields=["unified_job_template", "finished"],
                        include=("status", "elapsed"),
                        name="job_ended",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["successful", "failed", "error", "canceled"]),
                            ("finished__isnull", True),
                            _connector="OR",
                        ),
                        name="job_finished_has_end",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("webhook_guid", ""), _negated=True),
                        fields=("unified_job_template", "webhook_service", "webhook_guid"),
                        name="webhook_launches_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "running"), _negated=True),
                            ("lease_expires_at__isnull", False),
                            ("kind__in", ["workflow_job", "workflow_approval"]),
                            _connector="OR",
                        ),
                        name="job_running_has_lease",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="jobs.unifiedjob"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "host",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="attempts",
                        to="inventories.host",
                    ),
                ),
                ("host_name", models.CharField(blank=True, default="", max_length=512)),
                ("worker", models.CharField(max_length=200)),
                ("started", models.DateTimeField()),
                ("finished", models.DateTimeField(null=True)),
                ("place", models.PositiveIntegerField(null=True)),
                ("is_called", models.BooleanField(db_default=False, default=False)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("success", "Success"),
                            ("http_status", "Http Status"),
                            ("assertion", "Assertion"),
                            ("timeout", "Timeout"),
                            ("connect", "Connect"),
                            ("tls", "Tls"),
                            ("forbidden_address", "Forbidden Address"),
                            ("invalid_request", "Invalid Request"),
                            ("invalid_document", "Invalid Document"),
                            ("canceled", "Canceled"),
                            ("lost", "Lost"),
                            ("deadline", "Deadline"),
                            ("reported", "Reported"),
                            ("circuit_open", "Circuit Open"),
                        ],
                        default="",
                        max_length=32,
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("request", models.JSONField(default=dict)),
                ("response_status", models.PositiveIntegerField(null=True)),
                ("response_headers", models.JSONField(default=dict)),
                ("response_body", models.TextField(blank=True, default="")),
                ("response_truncated", models.BooleanField(default=False)),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["job_id", "number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("host__isnull", False)), fields=["host", "-id"], name="attempt_of_host"
                    ),
                    models.Index(
                        condition=models.Q(("finished__isnull", True), ("is_called", True)),
                        fields=["job"],
                        name="attempt_called",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("job", "number"), name="attempt_number_unique")],
            },
        ),
        migrations.CreateModel(
            name="JobHostSummary",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("jobs.attempt",),
        ),
        migrations.CreateModel(
            name="JobTemplate",
            fields=[
                ("connect_timeout", models.PositiveIntegerField(blank=True, default=10)),
                ("read_timeout", models.PositiveIntegerField(blank=True, default=0)),
                ("deadline", models.PositiveIntegerField(blank=True, default=0)),
                ("max_attempts", models.PositiveIntegerField(blank=True, default=1)),
                ("retry_initial_interval", models.PositiveIntegerField(blank=True, default=1)),
                ("retry_backoff", models.FloatField(blank=True, default=2.0)),
                ("retry_max_interval", models.PositiveIntegerField(blank=True, default=300)),
                ("retry_max_age", models.PositiveIntegerField(blank=True, default=0)),
                ("retry_on", models.CharField(blank=True, default="connect,408,425,429,500-599", max_length=200)),
                (
                    "completion",
                    models.CharField(
                        blank=True,
                        choices=[("response", "Response"), ("callback", "Callback")],
                        default="response",
                        max_length=16,
                    ),
                ),
                ("heartbeat_timeout", models.PositiveIntegerField(blank=True, default=300)),
                (
                    "webhook_service",
                    models.CharField(
                        blank=True,
                        choices=[("github", "GitHub"), ("gitlab", "GitLab"), ("bitbucket_dc", "BitBucket DataCenter")],
                        default="",
                        max_length=16,
                    ),
                ),
                ("webhook_key", models.TextField(blank=True, default="", editable=False)),
                (
                    "webhook_credential",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss_of_webhook",
                        to="credentials.credential",
                    ),
                ),
                (
                    "inventory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="inventories.inventory",
                    ),
                ),
                ("limit", models.TextField(blank=True, default="")),
                ("scm_branch", models.CharField(blank=True, default="", max_length=1024)),
                ("job_tags", models.TextField(blank=True, default="")),
                ("skip_tags", models.TextField(blank=True, default="")),
                ("extra_vars", models.TextField(blank=True, default="")),
                ("survey_enabled", models.BooleanField(default=False)),
                ("survey_spec", models.JSONField(blank=True, default=dict, editable=False)),
                ("ask_variables_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_inventory_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_limit_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_scm_branch_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_labels_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_tags_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_skip_tags_on_launch", models.BooleanField(blank=True, default=False)),
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        related_name="as_job_template",
                        serialize=False,
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                (
                    "job_type",
                    models.CharField(choices=[("run", "Run"), ("check", "Check")], default="run", max_length=64),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="job_templates",
                        to="jobs.project",
                    ),
                ),
                ("endpoint", models.CharField(blank=True, default="", max_length=1024)),
                (
                    "http_method",
                    models.CharField(
                        choices=[
                            ("GET", "Get"),
                            ("HEAD", "Head"),
                            ("POST", "Post"),
                            ("PUT", "Put"),
                            ("PATCH", "Patch"),
                            ("DELETE", "Delete"),
                        ],
                        default="POST",
                        max_length=10,
                    ),
                ),
                ("http_headers", models.JSONField(blank=True, default=dict)),
                ("http_body", models.JSONField(blank=True, default=None, null=True)),
                ("success_status", models.CharField(default="200-299", max_length=200)),
                ("success_json", models.JSONField(blank=True, default=dict)),
                ("verify_ssl", models.BooleanField(default=True)),
                ("follow_redirects", models.BooleanField(default=False)),
                ("timeout", models.IntegerField(blank=True, default=0)),
                (
                    "overlap_policy",
                    models.CharField(
                        choices=[
                            ("allow", "Run beside it"),
                            ("skip", "Do not launch"),
                            ("queue", "Wait until it has ended"),
                            ("replace", "Cancel it, and run instead"),
                        ],
                        default="queue",
                        max_length=8,
                    ),
                ),
                ("overlap_limit", models.PositiveIntegerField(blank=True, default=0)),
                (
                    "allow_simultaneous",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("overlap_policy", "allow")),
                        output_field=models.BooleanField(),
                    ),
                ),
                ("forks", models.PositiveIntegerField(blank=True, default=0)),
                (
                    "verbosity",
                    models.PositiveIntegerField(
                        blank=True,
                        choices=[
                            (0, "0 (Normal)"),
                            (1, "1 (Verbose)"),
                            (2, "2 (More Verbose)"),
                            (3, "3 (Debug)"),
                            (4, "4 (Connection Debug)"),
                            (5, "5 (WinRM Debug)"),
                        ],
                        default=0,
                    ),
                ),
                ("start_at_task", models.CharField(blank=True, default="", max_length=1024)),
                ("force_handlers", models.BooleanField(blank=True, default=False)),
                ("use_fact_cache", models.BooleanField(default=False)),
                ("host_config_key", models.CharField(blank=True, default="", max_length=1024)),
                ("become_enabled", models.BooleanField(default=False)),
                ("diff_mode", models.BooleanField(default=False)),
                ("job_slice_count", models.PositiveIntegerField(blank=True, default=1)),
                ("prevent_instance_group_fallback", models.BooleanField(default=False)),
                ("ask_job_type_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_timeout_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_forks_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_verbosity_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_diff_mode_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_job_slice_count_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_credential_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_execution_environment_on_launch", models.BooleanField(blank=True, default=False)),
                ("ask_instance_groups_on_launch", models.BooleanField(blank=True, default=False)),
                (
                    "credentials",
                    models.ManyToManyField(blank=True, related_name="job_templates", to="credentials.credential"),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
            bases=("jobs.unifiedjobtemplate", models.Model),
        ),
        migrations.CreateModel(
            name="SystemJobTemplate",
            fields=[
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        related_name="as_system_job_template",
                        serialize=False,
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                (
                    "job_type",
                    models.CharField(
                        choices=[
                            ("cleanup_jobs", "Remove jobs older than a certain number of days"),
                            (
                                "cleanup_activitystream",
                                "Remove activity stream entries older than a certain number of days",
                            ),
                            ("cleanup_sessions", "Removes expired browser sessions from the database"),
                            ("cleanup_tokens", "Removes expired OAuth 2 access tokens and refresh tokens"),
                        ],
                        max_length=32,
                        unique=True,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
            bases=("jobs.unifiedjobtemplate",),
        ),
        migrations.CreateModel(
            name="InventoryUpdate",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("jobs.unifiedjob",),
        ),
        migrations.CreateModel(
            name="ProjectUpdate",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("jobs.unifiedjob",),
        ),
        migrations.CreateModel(
            name="SystemJob",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("jobs.unifiedjob",),
        ),
        migrations.CreateModel(
            name="JobTemplateGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="group_places", to="jobs.jobtemplate"
                    ),
                ),
                (
                    "instance_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="job_template_places",
                        to="instances.instancegroup",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("job_template", "instance_group"), name="job_template_group_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="jobtemplate",
            name="instance_groups",
            field=models.ManyToManyField(
                blank=True, related_name="job_templates", through="jobs.JobTemplateGroup", to="instances.instancegroup"
            ),
        ),
        migrations.CreateModel(
            name="Catalogue",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="catalogue",
                        serialize=False,
                        to="jobs.project",
                    ),
                ),
                ("endpoints", models.JSONField(default=dict)),
                ("fetched", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="InventorySource",
            fields=[
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        related_name="as_inventory_source",
                        serialize=False,
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                (
                    "inventory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inventory_sources",
                        to="inventories.inventory",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("file", "File, Directory or Script"),
                            ("constructed", "Template additional groups and hostvars at runtime"),
                            ("scm", "Sourced from a Project"),
                            ("ec2", "Amazon EC2"),
                            ("gce", "Google Compute Engine"),
                            ("azure_rm", "Microsoft Azure Resource Manager"),
                            ("vmware", "VMware vCenter"),
                            ("satellite6", "Red Hat Satellite 6"),
                            ("openstack", "OpenStack"),
                            ("rhv", "Red Hat Virtualization"),
                            ("controller", "Red Hat Ansible Automation Platform"),
                            ("insights", "Red Hat Insights"),
                            ("terraform", "Terraform State"),
                            ("openshift_virtualization", "OpenShift Virtualization"),
                            ("satellite6_supported", "Red Hat Satellite 6 (supported)"),
                            ("rhv_supported", "Red Hat Virtualization (supported)"),
                            ("controller_supported", "Red Hat Ansible Automation Platform (supported)"),
                            ("insights_supported", "Red Hat Insights (supported)"),
                            ("openshift_virtualization_supported", "OpenShift Virtualization (supported)"),
                        ],
                        max_length=64,
                    ),
                ),
                (
                    "source_project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scm_inventory_sources",
                        to="jobs.project",
                    ),
                ),
                ("source_path", models.CharField(blank=True, default="", max_length=1024)),
                ("feed_url", models.CharField(blank=True, default="", max_length=1024)),
                ("timeout", models.IntegerField(blank=True, default=0)),
                ("enabled_var", models.TextField(blank=True, default="")),
                ("enabled_value", models.TextField(blank=True, default="")),
                ("host_filter", models.TextField(blank=True, default="")),
                ("overwrite", models.BooleanField(default=False)),
                ("overwrite_vars", models.BooleanField(default=False)),
                ("source_vars", models.TextField(blank=True, default="")),
                ("scm_branch", models.CharField(blank=True, default="", max_length=1024)),
                ("limit", models.TextField(blank=True, default="")),
                (
                    "verbosity",
                    models.PositiveIntegerField(
                        blank=True, choices=[(0, "0 (WARNING)"), (1, "1 (INFO)"), (2, "2 (DEBUG)")], default=1
                    ),
                ),
                ("update_on_launch", models.BooleanField(default=False)),
                ("update_cache_timeout", models.PositiveIntegerField(blank=True, default=0)),
                (
                    "credentials",
                    models.ManyToManyField(blank=True, related_name="inventory_sources", to="credentials.credential"),
                ),
                (
                    "hosts",
                    models.ManyToManyField(
                        blank=True, editable=False, related_name="inventory_sources", to="inventories.host"
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True, editable=False, related_name="inventory_sources", to="inventories.group"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
            bases=("jobs.unifiedjobtemplate",),
        ),
    ]
