"""Which signals were executed by themselves: those are what a day's limit counts."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0009_what_is_carried"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="signal",
            name="is_by_itself",
            field=models.BooleanField(default=False, verbose_name="settled by itself"),
        ),
        migrations.AlterField(
            model_name="autotrade",
            name="per_day",
            field=models.PositiveIntegerField(
                default=10, verbose_name="opens so many in 24 hours at most"
            ),
        ),
        migrations.AddIndex(
            model_name="signal",
            index=models.Index(
                condition=models.Q(("is_by_itself", True)),
                fields=["user", "settled_at"],
                name="signal_by_itself",
            ),
        ),
    ]
