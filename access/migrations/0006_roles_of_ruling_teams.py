from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0005_default_environments")]

    operations = [
        migrations.AddField(
            model_name="role",
            name="ruling_teams",
            field=models.ManyToManyField(blank=True, related_name="+", to="access.team"),
        )
    ]
