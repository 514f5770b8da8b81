"""The roles of the organizations that are there already."""

from typing import Any

from django.db import migrations

FIELDS = (
    "admin_role",
    "execute_role",
    "project_admin_role",
    "inventory_admin_role",
    "credential_admin_role",
    "workflow_admin_role",
    "notification_admin_role",
    "job_template_admin_role",
    "execution_environment_admin_role",
    "auditor_role",
    "member_role",
    "read_role",
    "approval_role",
)


def make_roles(apps: Any, schema_editor: Any) -> None:
    role = apps.get_model("access", "Role")
    for pk in apps.get_model("access", "Organization").objects.values_list("pk", flat=True):
        role.objects.bulk_create(
            [role(kind="organization", object_id=pk, role_field=field) for field in FIELDS],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [("access", "0002_roles")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
