from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0020_service_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='jobtemplate',
            name='follow_redirects',
            field=models.BooleanField(default=False),
        ),
    ]
