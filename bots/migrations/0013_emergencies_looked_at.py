"""When somebody last worked on an emergency, so that one whose worker was lost is found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bots", "0012_strategies_asked_for")]

    operations = [
        migrations.AddField(
            model_name="emergency",
            name="looked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="somebody worked on it"),
        ),
    ]
