"""Signals from outside: the webhook they come in by, their execution, and auto-trade settings."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from bots.models.bots import Bot
from orders.models import MoneyField


class Hook(models.Model):
    """A user's webhook. Its secret is derived in bots/signals/hooks.py, never stored."""

    user = models.OneToOneField("users.User", on_delete=models.CASCADE, related_name="hook")
    name = models.CharField("in the address", max_length=40, unique=True)
    generation = models.PositiveIntegerField("of the secret", default=1)
    former_until = models.DateTimeField("the one before is taken until", null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"hook of user {self.user_id}"


class AutoTrade(models.Model):
    """Settings for executing a user's signals automatically."""

    user = models.OneToOneField("users.User", on_delete=models.CASCADE, related_name="auto_trade")
    is_enabled = models.BooleanField(default=False)
    is_test = models.BooleanField("says what it would do, and trades nothing", default=True)
    symbols = models.JSONField("only these; none: all", default=list, blank=True)
    amount = MoneyField("spend on each; none: as the bot is set", null=True, blank=True)
    per_day = models.PositiveIntegerField("opens so many in 24 hours at most", default=10)
    bot = models.ForeignKey(
        Bot,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="with this bot; none: the default one",
    )

    def __str__(self) -> str:
        return f"auto-trade of user {self.user_id}"


class Signal(models.Model):
    """A request from outside to trade, and its outcome. Written by bots/signals/record.py."""

    class Side(models.TextChoices):
        BUY = "buy", gettext_lazy("Buy")
        SELL = "sell", gettext_lazy("Sell")
        LONG = "long", gettext_lazy("Long")
        SHORT = "short", gettext_lazy("Short")
        CLOSE = "close", gettext_lazy("Close")

    class Status(models.TextChoices):
        PENDING = "pending", gettext_lazy("Pending")
        EXECUTED = "executed", gettext_lazy("Executed")
        FAILED = "failed", gettext_lazy("Failed")
        IGNORED = "ignored", gettext_lazy("Ignored")
        EXPIRED = "expired", gettext_lazy("Expired")

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="signals")
    source = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    side = models.CharField(max_length=5, choices=Side.choices)
    price = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    message = models.TextField(blank=True, default="")
    raw = models.TextField("as it came, without its secret", blank=True, default="")
    dedup_key = models.CharField(
        "what makes it the same again", max_length=80, blank=True, default=""
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    reason = models.TextField("what became of it", blank=True, default="")
    order = models.ForeignKey(
        "orders.Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    is_automatic = models.BooleanField("settled automatically", default=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="signal_newest"),
            models.Index(
                fields=["user", "dedup_key"], condition=~Q(dedup_key=""), name="signal_dedup_key"
            ),
            models.Index(
                fields=["user", "id"], name="signal_pending", condition=Q(status="pending")
            ),
            models.Index(
                fields=["user", "settled_at"],
                name="signal_automatic",
                condition=Q(is_automatic=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="pending", settled_at=None)
                | (
                    Q(status__in=["executed", "failed", "ignored", "expired"])
                    & Q(settled_at__isnull=False)
                ),
                name="signal_settled_with_a_time",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["buy", "sell", "long", "short", "close"]),
                name="signal_side_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.symbol} by {self.source}"
