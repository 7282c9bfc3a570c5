"""Rename what a newcomer could not guess. Data stays: PostgreSQL renames tables and columns in place.

A constraint cannot be renamed through Django, so those that carry an old name are dropped and added.
"""

from django.db import migrations, models
from django.db.models import Q

MODELS = {
    "Act": "BotOrder",
    "Line": "LogEntry",
    "Minute": "PriceMinute",
    "Emergency": "StopAll",
    "Limits": "BotLimits",
    "Book": "PnlBook",
    "Round": "ClosedTrade",
    "Day": "PnlDay",
    "Hour": "PnlHour",
    "Unpriced": "UnpricedFee",
    "Worth": "PortfolioValue",
}
FIELDS = [
    ("bot", "words", "reason"),
    ("bot", "then", "after_stop"),
    ("bot", "planned", "planned_changes"),
    ("bot", "looked_at", "evaluated_at"),
    ("botorder", "lane", "slot"),
    ("botorder", "why", "reason"),
    ("stopall", "words", "message"),
    ("stopall", "looked_at", "worked_at"),
    ("pnlbook", "kept", "state"),
    ("pnlday", "kept", "opening_state"),
    ("unpricedfee", "look_at", "retry_at"),
    ("unpricedfee", "words", "last_error"),
    ("signal", "words", "reason"),
    ("signal", "mark", "dedup_key"),
    ("signal", "is_by_itself", "is_automatic"),
]
INDEXES = [
    ("botorder", "act_not_counted", "bot_order_not_counted"),
    ("logentry", "line_newest", "log_entry_newest"),
    ("logentry", "line_of_bot", "log_entry_of_bot"),
    ("logentry", "line_levels", "log_entry_levels"),
    ("logentry", "line_since", "log_entry_since"),
    ("closedtrade", "round_newest", "closed_trade_newest"),
]
CONSTRAINTS = [
    ("botorder", "act_once", {"fields": ["bot", "run", "slot", "turn"], "name": "bot_order_once"}),
    (
        "botorder",
        "act_newest_once_per_lane",
        {
            "fields": ["bot", "run", "slot"],
            "condition": Q(is_newest=True),
            "name": "bot_order_newest_once_per_slot",
        },
    ),
    ("priceminute", "minute_once", {"fields": ["instrument", "at"], "name": "price_minute_once"}),
    ("pnlday", "day_once", {"fields": ["book", "on"], "name": "pnl_day_once"}),
    ("pnlhour", "hour_once", {"fields": ["book", "weekday", "hour"], "name": "pnl_hour_once"}),
    (
        "portfoliovalue",
        "worth_once",
        {"fields": ["user", "is_paper", "at"], "name": "portfolio_value_once"},
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0015_days_are_read_without_what_they_keep"),
        ("orders", "0009_plain_names"),
    ]
    operations = [
        # Django does not follow a renamed field into a conditional index.
        migrations.RemoveIndex("bot", "bot_awake"),
        migrations.RemoveIndex("signal", "signal_marked"),
        migrations.RemoveIndex("signal", "signal_by_itself"),
        *(migrations.RenameModel(old, new) for old, new in MODELS.items()),
        *(migrations.RenameField(*names) for names in FIELDS),
        *(migrations.RenameIndex(model, new_name=new, old_name=old) for model, old, new in INDEXES),
        *(migrations.RemoveConstraint(model, old) for model, old, _ in CONSTRAINTS),
        *(
            migrations.AddConstraint(model, models.UniqueConstraint(**new))
            for model, _, new in CONSTRAINTS
        ),
        migrations.AddIndex(
            "bot",
            models.Index(
                fields=["evaluated_at"],
                condition=Q(mode__in=["running", "stopping"]),
                name="bot_awake",
            ),
        ),
        migrations.AddIndex(
            "signal",
            models.Index(
                fields=["user", "dedup_key"],
                condition=~Q(dedup_key=""),
                name="signal_dedup_key",
            ),
        ),
        migrations.AddIndex(
            "signal",
            models.Index(
                fields=["user", "settled_at"],
                condition=Q(is_automatic=True),
                name="signal_automatic",
            ),
        ),
    ]
