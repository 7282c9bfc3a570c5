"""Back-tests: a strategy replayed on past candles. Nothing in them is an order or money."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from bots.models.bots import strategies
from orders.models import MoneyField


class BacktestState(models.TextChoices):
    QUEUED = "queued", gettext_lazy("Waiting")
    RUNNING = "running", gettext_lazy("Running")
    DONE = "done", gettext_lazy("Done")
    FAILED = "failed", gettext_lazy("Failed")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


UNFINISHED: Final = (BacktestState.QUEUED, BacktestState.RUNNING)


class Backtest(models.Model):
    """One back-test with its terms and its results. Only bots/backtest/record.py changes it.

    No more than one runs in the whole installation, so that workers stay free for live bots.
    """

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="backtests")
    instrument = models.CharField(max_length=120)
    strategy = models.CharField(max_length=10, choices=strategies)
    settings = models.JSONField(default=dict)
    interval = models.CharField("length of a candle", max_length=3)
    since = models.DateTimeField()
    until = models.DateTimeField()
    money = MoneyField("in the quote currency, at the start")
    maker_percent = MoneyField("fee of limit orders")
    taker_percent = MoneyField("fee of market orders")
    slippage_percent = MoneyField("market orders are worse by")

    state = models.CharField(
        max_length=9, choices=BacktestState.choices, default=BacktestState.QUEUED
    )
    progress = models.PositiveSmallIntegerField("percent", default=0)
    message = models.TextField("why it failed or waits", blank=True, default="")
    attempt = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField("not before")
    worked_at = models.DateTimeField("its worker was heard", null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    outcome = models.JSONField(default=dict, blank=True)
    curves = models.JSONField(default=dict, blank=True)
    fills = models.JSONField(default=list, blank=True)
    trades = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="backtest_runs_alone"
            ),
            models.CheckConstraint(
                condition=Q(state__in=BacktestState.values), name="backtest_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="backtest_newest"),
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="backtest_due"),
        ]

    def __str__(self) -> str:
        return f"back-test {self.pk}: {self.strategy} on {self.instrument}"

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED
