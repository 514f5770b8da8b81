"""The roles of the projects and job templates that are there already."""

from typing import Any

from django.db import migrations

FIELDS = {
    "project": ("admin_role", "use_role", "update_role", "read_role"),
    "job_template": ("admin_role", "execute_role", "read_role"),
}


def make_roles(apps: Any, schema_editor: Any) -> None:
    role = apps.get_model("access", "Role")
    templates = apps.get_model("jobs", "UnifiedJobTemplate").objects.filter(kind__in=list(FIELDS))
    for pk, kind in templates.values_list("pk", "kind"):
        role.objects.bulk_create(
            [role(kind=kind, object_id=pk, role_field=field) for field in FIELDS[kind]],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("access", "0003_roles_of_organizations")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
