"""What a bot binds of its quote currency, for its owner's other bots to see."""

import orders.models
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bots", "0010_by_itself")]

    operations = [
        migrations.AddField(
            model_name="bot",
            name="bound",
            field=orders.models.MoneyField(
                decimal_places=18,
                default=0,
                max_digits=38,
                verbose_name="binds so much of the quote currency",
            ),
        ),
    ]
