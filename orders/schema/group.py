"""The row of orders that belong together: an entry with its exits, or two exits alone."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from orders.lifecycle import groups
from orders.schema.choices import Side
from orders.schema.money_field import MoneyField
from users.sharing.rows import RowsOfKeys


class OrderGroup(models.Model):
    """Written by orders/groups alone; what its orders do is decided by orders/lifecycle/groups.py.

    Quantities are not kept here: each decision adds up what the orders themselves filled.
    """

    class Kind(models.TextChoices):
        BRACKET = groups.BRACKET, gettext_lazy("Entry with exits")
        OCO = groups.OCO, gettext_lazy("One cancels the other")

    class State(models.TextChoices):
        WAITING = groups.WAITING, gettext_lazy("Waits for its entry")
        ACTIVE = groups.ACTIVE, gettext_lazy("Active")
        UNPROTECTED = groups.UNPROTECTED, gettext_lazy("An exit is missing")
        CANCELING = groups.CANCELING, gettext_lazy("Cancel requested")
        DONE = groups.DONE, gettext_lazy("Done")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="order_groups"
    )
    key = models.ForeignKey(
        "exchanges.ExchangeKey", on_delete=models.CASCADE, related_name="order_groups"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    note = models.TextField("what to know about its state", blank=True, default="")
    symbol = models.CharField(max_length=40)
    exit_side = models.CharField(max_length=4, choices=Side.choices)
    position_side = models.CharField(max_length=5, blank=True, default="")
    quantity = MoneyField("to be exited, without an entry", default=Decimal(0))
    take_profit_trigger = MoneyField(null=True, blank=True)
    take_profit_price = MoneyField("limit after the trigger", null=True, blank=True)
    stop_loss_trigger = MoneyField(null=True, blank=True)
    stop_loss_price = MoneyField("limit after the trigger", null=True, blank=True)
    placed_by = models.CharField("member who placed it", max_length=150, blank=True, default="")
    idempotency_key = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField()
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The sum of its orders' versions when it was last decided upon: another sum calls for another.
    seen_versions = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField("to be decided upon again", null=True, blank=True)

    objects = RowsOfKeys["OrderGroup"].as_manager()

    class Meta:
        app_label = "orders"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=groups.KINDS), name="order_group_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=groups.STATES), name="order_group_state_known"
            ),
            models.UniqueConstraint(
                fields=["user", "placed_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="order_group_idempotency_key_once",
            ),
        ]
        indexes = [models.Index(fields=["-ended_at"], name="order_group_by_end")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.symbol} ({self.state})"
