"""Orders, their fills and the history of their changes."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from orders.lifecycle import ended_by as lifecycle_ended_by
from orders.lifecycle import states
from orders.schema.choices import (
    MarginMode,
    OrderType,
    Origin,
    PositionSide,
    Role,
    Side,
    Status,
    TimeInForce,
)
from orders.schema.group import OrderGroup
from orders.schema.money_field import MoneyField
from realtime.values import format_money
from users.sharing.rows import RowsOfKeys

__all__ = [
    "Fill",
    "MarginMode",
    "MoneyField",
    "Order",
    "OrderChange",
    "OrderGroup",
    "OrderType",
    "Origin",
    "PositionSide",
    "Role",
    "Side",
    "Status",
    "TimeInForce",
]

IS_OPEN = Q(status__in=sorted(states.OPEN))
LACKS_FILLS = Q(fills_quantity__lt=F("filled"))
LACKS_FEES = Q(lacks_fees=True)
LACKS_PAST = Q(lacks_past=True)
IS_CUT = Q(ordered__isnull=False)


class Order(models.Model):
    """Status, filled, average price and version are written by orders/reconciler.py alone.

    An external order was placed at the exchange by hand or by another program: it is watched, and
    otherwise left alone.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders"
    )
    key = models.ForeignKey(
        "exchanges.ExchangeKey", on_delete=models.RESTRICT, related_name="orders"
    )
    bot = models.ForeignKey(
        "bots.Bot", on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    symbol = models.CharField(max_length=40)
    side = models.CharField(max_length=4, choices=Side.choices)
    type = models.CharField(max_length=20, choices=OrderType.choices)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.FILLWATCH)
    time_in_force = models.CharField(
        max_length=3, choices=TimeInForce.choices, default=TimeInForce.GTC
    )
    price = MoneyField(null=True, blank=True)
    trigger_price = MoneyField(null=True, blank=True)
    take_profit_price = MoneyField("the other trigger of two", null=True, blank=True)
    trailing_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    good_till = models.DateTimeField(null=True, blank=True)
    quantity = MoneyField()
    quote_amount = MoneyField("what it shall spend or bring", null=True, blank=True)
    ordered = MoneyField("ordered, where its venue called less all of it", null=True, blank=True)
    lacks_quantity = models.BooleanField(
        "sized by what it spends: its quantity is known at its end", default=False
    )
    reduce_only = models.BooleanField(default=False)
    position_side = models.CharField(
        max_length=5, choices=PositionSide.choices, blank=True, default=""
    )
    closes_position = models.BooleanField("for all of a position", default=False)
    group = models.CharField(
        "venue's id of what belongs together", max_length=80, blank=True, default=""
    )
    order_group = models.ForeignKey(
        OrderGroup, models.SET_NULL, null=True, blank=True, related_name="legs", db_index=False
    )
    role = models.CharField(  # db_default: as below
        "part in its group",
        max_length=12,
        choices=Role.choices,
        blank=True,
        default="",
        db_default="",
    )
    external_terms_at = models.DateTimeField("terms told by the venue", null=True, blank=True)
    leverage = models.PositiveSmallIntegerField("leverage set first", null=True, blank=True)
    margin_mode = models.CharField(
        max_length=10, choices=MarginMode.choices, blank=True, default=""
    )
    client_order_id = models.CharField(max_length=80, db_index=True)
    idempotency_key = models.CharField(max_length=100, blank=True, default="")
    placed_by = models.CharField(  # db_default: an earlier release may place orders meanwhile
        "member who placed it", max_length=150, blank=True, default="", db_default=""
    )

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    filled = MoneyField(default=Decimal(0))
    fills_quantity = MoneyField("filled, as far as fills show", default=Decimal(0))
    cost = MoneyField(default=Decimal(0))
    average_price = MoneyField(null=True, blank=True)
    fees = models.JSONField(default=dict, blank=True)
    lacks_fees = models.BooleanField("a fee is not known yet", default=False)
    exchange_order_id = models.CharField(max_length=80, blank=True, default="")
    carried = MoneyField("filled before it was replaced at the venue", default=Decimal(0))
    former = models.JSONField("names that it had at the venue before", default=dict, blank=True)
    lacks_past = models.BooleanField("not all is known of such a name", default=False)
    terms_at = models.DateTimeField("terms changed at the venue", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    misses = models.PositiveSmallIntegerField("times confirmed absent", default=0)
    last_report = models.JSONField(default=dict, blank=True)
    # Of the HTTP request that placed it, for log lines of processes that know no request.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")

    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.CharField(
        max_length=10, choices=lifecycle_ended_by.LABELS, blank=True, default=""
    )
    # A change that was asked for and that the venue has not confirmed yet.
    amend_price = MoneyField(null=True, blank=True)
    amend_quantity = MoneyField(null=True, blank=True)
    amend_trigger_price = MoneyField(null=True, blank=True)
    amend_requested_at = models.DateTimeField(null=True, blank=True)
    amend_requested_by = models.CharField(
        max_length=10, choices=lifecycle_ended_by.LABELS, blank=True, default=""
    )
    amend_sent_at = models.DateTimeField(null=True, blank=True)  # see changes/replacement.py
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(
        max_length=10, choices=lifecycle_ended_by.LABELS, blank=True, default=""
    )
    ended_reason = models.TextField(blank=True, default="")
    end_is_assumed = models.BooleanField(default=False)

    objects = RowsOfKeys["Order"].as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="order_status_known"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                | Q(closes_position=True, quantity=0)
                | Q(quote_amount__gt=0, quantity__gte=0),
                name="order_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0) | Q(price__isnull=True), name="order_price_positive"
            ),
            models.CheckConstraint(
                condition=Q(trigger_price__gt=0) | Q(trigger_price__isnull=True),
                name="order_trigger_price_positive",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=Origin.values), name="order_origin_known"
            ),
            models.CheckConstraint(condition=Q(filled__gte=0), name="order_filled_not_negative"),
            models.UniqueConstraint(  # names that others gave are theirs to repeat
                fields=["client_order_id"],
                condition=Q(origin=Origin.FILLWATCH),
                name="order_our_name_once",
            ),
            models.CheckConstraint(
                condition=(IS_OPEN & Q(ended_at__isnull=True))
                | (~IS_OPEN & Q(ended_at__isnull=False)),
                name="order_ended_at_says_so",
            ),
            models.UniqueConstraint(
                fields=["user", "placed_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="order_idempotency_key_once_each",
            ),
            models.UniqueConstraint(
                fields=["key", "symbol", "exchange_order_id"],
                condition=~Q(exchange_order_id=""),
                name="order_exchange_id_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["key", "checked_at"],
                condition=IS_OPEN | LACKS_FILLS | LACKS_FEES | LACKS_PAST | IS_CUT,
                name="order_to_check",
            ),
            models.Index(
                fields=["order_group"],
                condition=Q(order_group__isnull=False),
                name="order_of_group",
            ),
            models.Index(fields=["user", "-id"], name="order_of_user"),
            models.Index(fields=["user", "status", "-id"], name="order_of_user_by_status"),
            models.Index(fields=["user", "symbol", "-id"], name="order_of_user_by_symbol"),
            models.Index(
                fields=["user", "-ended_at", "-id"],  # many may end at once
                condition=Q(ended_at__isnull=False),
                name="order_of_user_by_end",
            ),
            models.Index(fields=["user"], condition=Q(origin="external"), name="order_external"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {format_money(self.quantity)} {self.symbol} ({self.status})"


class Fill(models.Model):
    """One fill of an order, recorded once: unique by order and the venue's trade id.

    Two orders of one key may share a trade id: both sides of a trade with oneself, and some venues
    give several of one side the same. An order is one row, by key, symbol and the venue's id.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="fills")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="fills"
    )
    key = models.ForeignKey(
        "exchanges.ExchangeKey", on_delete=models.RESTRICT, related_name="fills"
    )
    symbol = models.CharField(max_length=40)
    trade_id = models.CharField(max_length=80)
    side = models.CharField(max_length=4, choices=Side.choices)
    price = MoneyField()
    quantity = MoneyField()
    fee = MoneyField(null=True, blank=True)
    fee_currency = models.CharField(max_length=20, blank=True, default="")
    fee_value = MoneyField("in the quote currency, when paid in a third one", null=True, blank=True)
    is_maker = models.BooleanField(null=True, blank=True)
    executed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    is_counted = models.BooleanField("counted in what was earned", default=False)
    closed_profit = MoneyField("profit of what it closed, before fees", null=True, blank=True)

    objects = RowsOfKeys["Fill"].as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "trade_id"], name="fill_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fill_quantity_positive"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="fill_of_user"),
            models.Index(fields=["user", "executed_at"], name="fill_of_user_by_time"),
            models.Index(
                fields=["key", "executed_at", "id"],
                condition=Q(is_counted=False),
                name="fill_to_count",
            ),
            models.Index(fields=["key", "symbol", "executed_at", "id"], name="fill_of_key"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.side} {format_money(self.quantity)} {self.symbol} at {format_money(self.price)}"
        )


class OrderChange(models.Model):
    """One step of an order's history: the new status, who or what reported it, and the reason."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=Status.choices)
    filled = MoneyField()
    source = models.CharField("told by", max_length=20)
    actor = models.CharField(
        "done by", max_length=10, choices=lifecycle_ended_by.LABELS, default="", blank=True
    )
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["order", "version"]
        constraints = [
            models.UniqueConstraint(fields=["order", "version"], name="change_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} v{self.version}: {self.status}"
