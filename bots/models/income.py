"""Money that moved without a trade: funding, interest, deposits and the like, key by key."""

from django.db import models
from django.utils.translation import gettext_lazy

from bots.models.bots import Bot
from orders.models import MoneyField


class IncomeKind(models.TextChoices):
    FUNDING = "funding", gettext_lazy("Funding")
    INTEREST = "interest", gettext_lazy("Interest")
    REBATE = "rebate", gettext_lazy("Rebate")
    FEE_REFUND = "fee_refund", gettext_lazy("Fee refund")
    DEPOSIT = "deposit", gettext_lazy("Deposit")
    WITHDRAWAL = "withdrawal", gettext_lazy("Withdrawal")
    TRANSFER = "transfer", gettext_lazy("Transfer")
    OTHER = "other", gettext_lazy("Other")


# What its owner moves is no profit: it only changes how much there is to trade with.
MOVED_BY_OWNER = (IncomeKind.DEPOSIT, IncomeKind.WITHDRAWAL, IncomeKind.TRANSFER)


class IncomeEntry(models.Model):
    """One line of a venue's statement that is no trade. Written by bots/income/record.py only."""

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="income")
    key = models.ForeignKey(
        "exchanges.ExchangeKey", on_delete=models.CASCADE, related_name="income"
    )
    bot = models.ForeignKey(
        Bot,
        verbose_name="whose position alone it was paid for",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="income",
    )
    kind = models.CharField(max_length=10, choices=IncomeKind.choices)
    asset = models.CharField(max_length=40)
    amount = MoneyField()
    value = MoneyField("in USDT, when it was recorded", null=True)
    symbol = models.CharField(max_length=40, blank=True, default="")
    venue_id = models.CharField("the venue's own id", max_length=120)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "income"
        constraints = [
            models.UniqueConstraint(fields=["key", "venue_id"], name="income_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=IncomeKind.values), name="income_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], name="income_of_user"),
            models.Index(fields=["bot", "-at"], name="income_of_bot"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:f} {self.asset}"


class IncomeCursor(models.Model):
    """The time up to which a key's statement was read."""

    key = models.OneToOneField(
        "exchanges.ExchangeKey",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="income_cursor",
    )
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return f"income of key {self.key_id} until {self.read_at:%Y-%m-%d %H:%M}"
