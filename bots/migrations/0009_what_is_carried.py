"""What a bot carries from acts that are not read again."""

import orders.models
from django.db import migrations, models

# Before, acts were counted whenever nothing was held, the newest of a lane too.
FOLDED = """
UPDATE bots_act SET
    is_counted = NOT is_newest,
    counted_upto = coalesce(
        (SELECT max(id) FROM orders_fill WHERE orders_fill.order_id = bots_act.order_id), 0)
WHERE is_counted
"""


class Migration(migrations.Migration):
    dependencies = [("bots", "0008_books_behind"), ("orders", "0007_fills_reckoned")]

    operations = [
        migrations.AddField(
            model_name="act",
            name="counted_upto",
            field=models.BigIntegerField(default=0, verbose_name="its fills up to here are"),
        ),
        migrations.AlterField(
            model_name="act",
            name="is_counted",
            field=models.BooleanField(
                default=False, verbose_name="all of it is in what its bot carries"
            ),
        ),
        migrations.AlterField(
            model_name="bot",
            name="carried",
            field=orders.models.MoneyField(
                decimal_places=18,
                default=0,
                max_digits=38,
                verbose_name="held by fills that are counted",
            ),
        ),
        migrations.RunSQL(FOLDED, migrations.RunSQL.noop),
    ]
