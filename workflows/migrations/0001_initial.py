import django.db.models.deletion
import workflows.models.nodes
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("workflows", "0002_webhooks")]

    initial = True

    dependencies = [
        ("credentials", "0001_initial"),
        ("instances", "0001_initial"),
        ("inventories", "0001_initial"),
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkflowApproval",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("jobs.unifiedjob",),
        ),
        migrations.CreateModel(
            name="WorkflowApprovalTemplate",
            fields=[
                (
                    "template",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        related_name="as_workflow_approval_template",
                        serialize=False,
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                (
                    "timeout",
                    models.IntegerField(
                        blank=True,
                        default=0,
                        help_text="The amount of time (in seconds) before the approval node expires and fails.",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
            bases=("jobs.unifiedjobtemplate",),
        ),
        migrations.CreateModel(
            name="WorkflowJob",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("jobs.unifiedjob",),
        ),
        migrations.CreateModel(
            name="WorkflowJobTemplate",
            fields=[
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
                        related_name="as_workflow_job_template",
                        serialize=False,
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                ("allow_simultaneous", models.BooleanField(default=False)),
                ("limit", models.TextField(blank=True, default=None, null=True)),
                ("scm_branch", models.CharField(blank=True, default=None, max_length=1024, null=True)),
                ("job_tags", models.TextField(blank=True, default=None, null=True)),
                ("skip_tags", models.TextField(blank=True, default=None, null=True)),
            ],
            options={
                "ordering": ["name", "id"],
            },
            bases=("jobs.unifiedjobtemplate", models.Model),
        ),
        migrations.CreateModel(
            name="WorkflowJobTemplateNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "identifier",
                    models.CharField(blank=True, default=workflows.models.nodes.new_identifier, max_length=512),
                ),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                ("all_parents_must_converge", models.BooleanField(default=False)),
                ("extra_data", models.JSONField(blank=True, default=dict)),
                ("secret_variables", models.JSONField(default=list, editable=False)),
                ("prompts", models.JSONField(blank=True, default=dict)),
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
                (
                    "execution_environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="instances.executionenvironment",
                    ),
                ),
                (
                    "workflow_job_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="workflow_job_template_nodes",
                        to="workflows.workflowjobtemplate",
                    ),
                ),
                (
                    "success_nodes",
                    models.ManyToManyField(
                        blank=True, related_name="%(class)ss_success", to="workflows.workflowjobtemplatenode"
                    ),
                ),
                (
                    "failure_nodes",
                    models.ManyToManyField(
                        blank=True, related_name="%(class)ss_failure", to="workflows.workflowjobtemplatenode"
                    ),
                ),
                (
                    "always_nodes",
                    models.ManyToManyField(
                        blank=True, related_name="%(class)ss_always", to="workflows.workflowjobtemplatenode"
                    ),
                ),
                (
                    "credentials",
                    models.ManyToManyField(blank=True, related_name="%(class)ss", to="credentials.credential"),
                ),
                ("labels", models.ManyToManyField(blank=True, related_name="%(class)ss", to="jobs.label")),
                (
                    "instance_groups",
                    models.ManyToManyField(blank=True, related_name="%(class)ss", to="instances.instancegroup"),
                ),
            ],
            options={
                "ordering": ["id"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("identifier", "workflow_job_template"), name="workflow_node_identifier_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkflowJobNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "identifier",
                    models.CharField(blank=True, default=workflows.models.nodes.new_identifier, max_length=512),
                ),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
                ("all_parents_must_converge", models.BooleanField(default=False)),
                ("extra_data", models.JSONField(blank=True, default=dict)),
                ("secret_variables", models.JSONField(default=list, editable=False)),
                ("prompts", models.JSONField(blank=True, default=dict)),
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
                (
                    "execution_environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="instances.executionenvironment",
                    ),
                ),
                (
                    "workflow_job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="workflow_job_nodes",
                        to="workflows.workflowjob",
                    ),
                ),
                (
                    "job",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unified_job_node",
                        to="jobs.unifiedjob",
                    ),
                ),
                ("do_not_run", models.BooleanField(default=False)),
                (
                    "ended_as",
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
                        max_length=20,
                    ),
                ),
                ("ancestor_artifacts", models.JSONField(default=dict)),
                (
                    "success_nodes",
                    models.ManyToManyField(
                        blank=True, related_name="%(class)ss_success", to="workflows.workflowjobnode"
                    ),
                ),
                (
                    "failure_nodes",
                    models.ManyToManyField(
                        blank=True, related_name="%(class)ss_failure", to="workflows.workflowjobnode"
                    ),
                ),
                (
                    "always_nodes",
                    models.ManyToManyField(
                        blank=True, related_name="%(class)ss_always", to="workflows.workflowjobnode"
                    ),
                ),
                (
                    "credentials",
                    models.ManyToManyField(blank=True, related_name="%(class)ss", to="credentials.credential"),
                ),
                ("labels", models.ManyToManyField(blank=True, related_name="%(class)ss", to="jobs.label")),
                (
                    "instance_groups",
                    models.ManyToManyField(blank=True, related_name="%(class)ss", to="instances.instancegroup"),
                ),
            ],
            options={
                "ordering": ["id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_as", ""), ("job__isnull", False)), fields=["job"], name="node_going"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workflow_job", "identifier"), name="workflow_job_node_identifier_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="approval",
                        serialize=False,
                        to="workflows.workflowapproval",
                    ),
                ),
                (
                    "approved_or_denied_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("expires", models.DateTimeField(null=True)),
                ("timed_out", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("expires__isnull", False)), fields=["expires"], name="approval_expires"
                    )
                ],
            },
        ),
    ]
