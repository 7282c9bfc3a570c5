"""Analyses of the last hour of an instrument's stored prices."""

from django.db import models
from django.utils.translation import gettext_lazy

from orders.models import MoneyField


class PriceTrend(models.TextChoices):
    UP = "up", gettext_lazy("Up")
    DOWN = "down", gettext_lazy("Down")
    SIDEWAYS = "sideways", gettext_lazy("Sideways")
    UNKNOWN = "unknown", gettext_lazy("Too few prices")


class MarketAnalysis(models.Model):
    """The hour before `at`, of the minutes that were watched. By bots/market_analysis/record.py."""

    instrument = models.CharField(max_length=120)
    at = models.DateTimeField("end of the hour")
    minutes = models.PositiveSmallIntegerField("minutes with a price, of 60")
    price = MoneyField("price of the last minute")
    low = MoneyField()
    high = MoneyField()
    change_percent = models.DecimalField(max_digits=20, decimal_places=4)
    range_percent = models.DecimalField(max_digits=20, decimal_places=4)
    volatility_percent = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    # Of its venue's candles, in the base currency or in contracts; None: nobody could ask.
    volume = MoneyField(null=True)
    trend = models.CharField(max_length=8, choices=PriceTrend.choices)

    class Meta:
        ordering = ["instrument", "at"]
        verbose_name_plural = "market analyses"
        constraints = [
            models.UniqueConstraint(fields=["instrument", "at"], name="market_analysis_once")
        ]
        indexes = [models.Index(fields=["at"], name="market_analysis_at")]

    def __str__(self) -> str:
        return f"{self.instrument} {self.at:%Y-%m-%d %H:%M}"
