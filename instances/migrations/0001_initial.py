import django.core.validators
import django.db.models.deletion
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("credentials", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Instance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hostname", models.CharField(editable=False, max_length=250, unique=True)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("version", models.CharField(blank=True, default="", editable=False, max_length=120)),
                (
                    "node_type",
                    models.CharField(
                        choices=[
                            ("control", "Control plane node"),
                            ("execution", "Execution plane node"),
                            ("hybrid", "Controller and execution"),
                            ("hop", "Message-passing node, no execution capability"),
                        ],
                        default="hybrid",
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("full_capacity", models.PositiveIntegerField(default=0, editable=False)),
                ("cpu", models.DecimalField(decimal_places=1, default=0, editable=False, max_digits=4)),
                ("memory", models.BigIntegerField(default=0, editable=False)),
                ("started", models.DateTimeField(editable=False, null=True)),
                ("last_seen", models.DateTimeField(editable=False, null=True)),
                ("enabled", models.BooleanField(default=True)),
                ("managed_by_policy", models.BooleanField(default=True)),
                (
                    "capacity_adjustment",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("1.00"),
                        max_digits=3,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("1")),
                        ],
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["hostname"],
            },
        ),
        migrations.CreateModel(
            name="InstanceGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=250, unique=True)),
                (
                    "policy_instance_percentage",
                    models.IntegerField(
                        blank=True,
                        default=0,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("policy_instance_list", models.JSONField(blank=True, default=list)),
                (
                    "policy_instance_minimum",
                    models.IntegerField(
                        blank=True, default=0, validators=[django.core.validators.MinValueValidator(0)]
                    ),
                ),
                (
                    "max_concurrent_jobs",
                    models.IntegerField(
                        blank=True, default=0, validators=[django.core.validators.MinValueValidator(0)]
                    ),
                ),
                (
                    "max_forks",
                    models.IntegerField(
                        blank=True, default=0, validators=[django.core.validators.MinValueValidator(0)]
                    ),
                ),
                ("is_container_group", models.BooleanField(default=False)),
                (
                    "credential",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="instance_groups",
                        to="credentials.credential",
                    ),
                ),
                ("pod_spec_override", models.TextField(blank=True, default="")),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
                (
                    "instances",
                    models.ManyToManyField(blank=True, related_name="rampart_groups", to="instances.instance"),
                ),
            ],
            options={
                "verbose_name": "instance group",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="OrganizationGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_places",
                        to="access.organization",
                    ),
                ),
                (
                    "instance_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="organization_places",
                        to="instances.instancegroup",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "instance_group"), name="organization_group_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="instancegroup",
            name="organizations",
            field=models.ManyToManyField(
                blank=True,
                related_name="instance_groups",
                through="instances.OrganizationGroup",
                to="access.organization",
            ),
        ),
        migrations.CreateModel(
            name="ExecutionEnvironment",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="execution_environments",
                        to="access.organization",
                    ),
                ),
                ("image", models.CharField(max_length=1024)),
                ("managed", models.BooleanField(default=False, editable=False)),
                (
                    "credential",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="execution_environments",
                        to="credentials.credential",
                    ),
                ),
                (
                    "pull",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "---------"),
                            ("always", "Always pull container before running."),
                            ("missing", "Only pull the image if not present before running."),
                            ("never", "Never pull container before running."),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
            ],
            options={
                "verbose_name": "execution environment",
                "ordering": ["-created"],
                "constraints": [models.UniqueConstraint(fields=("name",), name="execution_environment_name_unique")],
            },
        ),
    ]
