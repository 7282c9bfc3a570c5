"""The words an order's fields may have, with their labels."""

from django.db import models
from django.utils.translation import gettext_lazy

from orders.lifecycle import groups, states


class Side(models.TextChoices):
    BUY = "buy", gettext_lazy("Buy")
    SELL = "sell", gettext_lazy("Sell")


class OrderType(models.TextChoices):
    LIMIT = "limit", gettext_lazy("Limit")
    MARKET = "market", gettext_lazy("Market")
    STOP_LOSS = "stop_loss", gettext_lazy("Stop loss")
    TAKE_PROFIT = "take_profit", gettext_lazy("Take profit")
    TRAILING_STOP = "trailing_stop", gettext_lazy("Trailing stop")


class MarginMode(models.TextChoices):
    CROSS = "cross", gettext_lazy("Cross")
    ISOLATED = "isolated", gettext_lazy("Isolated")


class PositionSide(models.TextChoices):
    NET = "net", gettext_lazy("Net")
    LONG = "long", gettext_lazy("Long")
    SHORT = "short", gettext_lazy("Short")


class Origin(models.TextChoices):
    FILLWATCH = "fillwatch", gettext_lazy("Placed here")
    EXTERNAL = "external", gettext_lazy("External")


class Role(models.TextChoices):
    ENTRY = groups.ENTRY, gettext_lazy("Entry")
    TAKE_PROFIT = groups.TAKE_PROFIT, gettext_lazy("Take profit")
    STOP_LOSS = groups.STOP_LOSS, gettext_lazy("Stop loss")


class TimeInForce(models.TextChoices):
    GTC = "GTC", gettext_lazy("Good till cancelled")
    IOC = "IOC", gettext_lazy("Immediate or cancel")
    FOK = "FOK", gettext_lazy("Fill or kill")
    PO = "PO", gettext_lazy("Post only")
    GTD = "GTD", gettext_lazy("Until a time")


class Status(models.TextChoices):
    PENDING = states.PENDING, gettext_lazy("Pending")
    UNKNOWN = states.UNKNOWN, gettext_lazy("Unknown")
    NEW = states.NEW, gettext_lazy("Open")
    PARTIALLY_FILLED = states.PARTIALLY_FILLED, gettext_lazy("Partially filled")
    FILLED = states.FILLED, gettext_lazy("Filled")
    CANCELED = states.CANCELED, gettext_lazy("Cancelled")
    EXPIRED = states.EXPIRED, gettext_lazy("Expired")
    REJECTED = states.REJECTED, gettext_lazy("Rejected")
    DENIED = states.DENIED, gettext_lazy("Denied")
