import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("access", "0002_roles"),
        ("access", "0003_roles_of_organizations"),
        ("access", "0004_activity_stream"),
        ("access", "0005_default_environments"),
        ("access", "0006_roles_of_ruling_teams"),
        ("access", "0007_oauth_applications"),
        ("access", "0008_settings"),
    ]

    dependencies = [
        ("access", "0001_initial"),
        ("instances", "0001_initial"),
    ]
    # It reads applications, in the order of their organizations.
    run_before = [("oauth2_provider", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="default_environment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="instances.executionenvironment",
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="modified_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="applications", to="access.organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="passwordattempts",
            constraint=models.UniqueConstraint(fields=("account", "address"), name="password_attempts_once"),
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="access_token",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="refresh_token",
                to=settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL,
                verbose_name="access token",
            ),
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                verbose_name="application",
            ),
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="%(app_label)s_%(class)s",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AddField(
            model_name="accesstoken",
            name="source_refresh_token",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="refreshed_access_token",
                to=settings.OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL,
                verbose_name="source refresh token",
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="members",
            field=models.ManyToManyField(blank=True, related_name="roles", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="team",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="modified_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="teams", to="access.organization"
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="ruling_teams",
            field=models.ManyToManyField(blank=True, related_name="+", to="access.team"),
        ),
        migrations.AddField(
            model_name="role",
            name="teams",
            field=models.ManyToManyField(blank=True, related_name="roles", to="access.team"),
        ),
        migrations.AddIndex(
            model_name="activitystream",
            index=models.Index(fields=["object1", "object1_pk", "id"], name="activity_object1"),
        ),
        migrations.AddIndex(
            model_name="activitystream",
            index=models.Index(fields=["object2", "object2_pk", "id"], name="activity_object2"),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.UniqueConstraint(fields=("name",), name="organization_name_unique"),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(fields=("name", "organization"), name="application_name_unique"),
        ),
        migrations.AddIndex(
            model_name="refreshtoken",
            index=models.Index(fields=["token_family"], name="access_refr_token_f_c85feb_idx"),
        ),
        migrations.AlterUniqueTogether(
            name="refreshtoken",
            unique_together={("token_checksum", "revoked")},
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.UniqueConstraint(fields=("organization", "name"), name="team_name_unique"),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                fields=("kind", "object_id", "role_field"), name="role_once", nulls_distinct=False
            ),
        ),
    ]
