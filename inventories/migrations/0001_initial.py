import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("inventories", "0002_names_in_the_order_of_lists"),
        ("inventories", "0003_instance_groups"),
        ("inventories", "0004_failing_hosts"),
    ]

    initial = True

    dependencies = [
        ("access", "0002_initial"),
        ("instances", "0001_initial"),
        # Each of its many changes of fields takes the longer the more models there are by then.
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inventory",
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
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="inventories",
                        to="access.organization",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Hosts are put into it"),
                            ("smart", "Hosts are found by host_filter"),
                            ("constructed", "AWX's; there are none here"),
                        ],
                        default="",
                        max_length=32,
                    ),
                ),
                ("host_filter", models.TextField(blank=True, default=None, null=True)),
                ("variables", models.TextField(blank=True, default="")),
                ("pending_deletion", models.BooleanField(default=False, editable=False)),
                ("prevent_instance_group_fallback", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "inventories",
                "ordering": ["name", "id"],
                "constraints": [models.UniqueConstraint(fields=("name", "organization"), name="inventory_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="Host",
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
                    "inventory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="hosts", to="inventories.inventory"
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("has_active_failures", models.BooleanField(default=False, editable=False)),
                ("instance_id", models.CharField(blank=True, default="", max_length=1024)),
                ("variables", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["name", "id"],
                "indexes": [
                    models.Index(fields=["inventory", "name"], name="host_of_inventory"),
                    models.Index(
                        condition=models.Q(("has_active_failures", True)), fields=["inventory"], name="host_failing"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("name", "inventory"), name="host_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="Group",
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
                    "inventory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="groups", to="inventories.inventory"
                    ),
                ),
                ("variables", models.TextField(blank=True, default="")),
                ("children", models.ManyToManyField(blank=True, related_name="parents", to="inventories.group")),
                ("hosts", models.ManyToManyField(blank=True, related_name="groups", to="inventories.host")),
            ],
            options={
                "ordering": ["name", "id"],
                "indexes": [models.Index(fields=["inventory", "name"], name="group_of_inventory")],
                "constraints": [models.UniqueConstraint(fields=("name", "inventory"), name="group_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="InventoryGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "inventory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_places",
                        to="inventories.inventory",
                    ),
                ),
                (
                    "instance_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inventory_places",
                        to="instances.instancegroup",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("inventory", "instance_group"), name="inventory_group_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="inventory",
            name="instance_groups",
            field=models.ManyToManyField(
                blank=True,
                related_name="inventories",
                through="inventories.InventoryGroup",
                to="instances.instancegroup",
            ),
        ),
    ]
