"""Rename what a newcomer could not guess. Data stays: PostgreSQL renames tables and columns in place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_what_fees_were_worth")]
    operations = [
        migrations.RenameModel("Change", "OrderChange"),
        migrations.RenameField("orderchange", "words", "reason"),
        migrations.RenameField("fill", "fee_worth", "fee_value"),
        # Django does not follow a renamed field into a conditional index.
        migrations.RemoveIndex("fill", "fill_to_reckon"),
        migrations.RenameField("fill", "is_reckoned", "is_counted"),
        migrations.AddIndex(
            "fill",
            models.Index(
                fields=["key", "executed_at", "id"],
                condition=models.Q(is_counted=False),
                name="fill_to_count",
            ),
        ),
    ]
