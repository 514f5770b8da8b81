from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0017_order_of_projects'),
    ]

    operations = [
        migrations.AddField(
            model_name='jobtemplate',
            name='follow_redirects',
            field=models.BooleanField(default=False),
        ),
    ]
