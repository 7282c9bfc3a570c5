"""What is wanted: bots, which are named sets of settings for orders, and signals from outside."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Bot(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bots"
    )
    key = models.ForeignKey("exchanges.ExchangeKey", on_delete=models.RESTRICT, related_name="bots")
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    check_seconds = models.PositiveIntegerField(
        "check interval in seconds",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user", "name"]
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="bot_name_once_per_user"),
            models.CheckConstraint(
                condition=models.Q(check_seconds__gte=1, check_seconds__lte=3600),
                name="bot_check_seconds_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Signal(models.Model):
    """An outside wish for a trade, and what became of it. Written by bots/signalling.py."""

    class Side(models.TextChoices):
        BUY = "buy", "Buy"
        SELL = "sell", "Sell"
        LONG = "long", "Long"
        SHORT = "short", "Short"
        CLOSE = "close", "Close"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        EXECUTED = "executed", "Executed"
        FAILED = "failed", "Failed"
        IGNORED = "ignored", "Ignored"
        EXPIRED = "expired", "Expired"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signals"
    )
    source = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    side = models.CharField(max_length=5, choices=Side.choices)
    price = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    message = models.TextField(blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    words = models.TextField("what became of it", blank=True, default="")
    order = models.ForeignKey(
        "orders.Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="signal_newest"),
            models.Index(
                fields=["user", "id"], name="signal_pending", condition=Q(status="pending")
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
