"""The roles of the credentials that are there already; whose a credential is, is a role from now on."""

from typing import Any

from django.db import migrations

FIELDS = ("admin_role", "use_role", "read_role")


def make_roles(apps: Any, schema_editor: Any) -> None:
    role = apps.get_model("access", "Role")
    for pk, owner in apps.get_model("credentials", "Credential").objects.values_list("pk", "owner"):
        role.objects.bulk_create(
            [role(kind="credential", object_id=pk, role_field=field) for field in FIELDS],
            ignore_conflicts=True,
        )
        if owner is not None:
            role.objects.get(kind="credential", object_id=pk, role_field="admin_role").members.add(owner)


class Migration(migrations.Migration):
    dependencies = [("credentials", "0001_initial"), ("access", "0006_roles_of_ruling_teams")]

    operations = [
        migrations.RunPython(make_roles, migrations.RunPython.noop),
        migrations.RemoveField(model_name="credential", name="owner"),
    ]
