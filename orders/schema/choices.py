"""The words an order's fields may have, with their labels."""

from django.db import models

from orders.lifecycle import groups, states


class Side(models.TextChoices):
    BUY = "buy", "Buy"
    SELL = "sell", "Sell"


class OrderType(models.TextChoices):
    LIMIT = "limit", "Limit"
    MARKET = "market", "Market"
    STOP_LOSS = "stop_loss", "Stop loss"
    TAKE_PROFIT = "take_profit", "Take profit"
    TRAILING_STOP = "trailing_stop", "Trailing stop"


class MarginMode(models.TextChoices):
    CROSS = "cross", "Cross"
    ISOLATED = "isolated", "Isolated"


class PositionSide(models.TextChoices):
    NET = "net", "Net"
    LONG = "long", "Long"
    SHORT = "short", "Short"


class Origin(models.TextChoices):
    FILLWATCH = "fillwatch", "Placed here"
    EXTERNAL = "external", "External"


class Role(models.TextChoices):
    ENTRY = groups.ENTRY, "Entry"
    TAKE_PROFIT = groups.TAKE_PROFIT, "Take profit"
    STOP_LOSS = groups.STOP_LOSS, "Stop loss"


class TimeInForce(models.TextChoices):
    GTC = "GTC", "Good till cancelled"
    IOC = "IOC", "Immediate or cancel"
    FOK = "FOK", "Fill or kill"
    PO = "PO", "Post only"
    GTD = "GTD", "Until a time"


class Status(models.TextChoices):
    PENDING = states.PENDING, "Pending"
    UNKNOWN = states.UNKNOWN, "Unknown"
    NEW = states.NEW, "Open"
    PARTIALLY_FILLED = states.PARTIALLY_FILLED, "Partially filled"
    FILLED = states.FILLED, "Filled"
    CANCELED = states.CANCELED, "Cancelled"
    EXPIRED = states.EXPIRED, "Expired"
    REJECTED = states.REJECTED, "Rejected"
    DENIED = states.DENIED, "Denied"
