"""How staff turn the simulated markets: scenarios, sessions, and each change that was made."""

from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

RIGHT: Final = "control_market"


class MarketScenario(models.Model):
    """A kind of market to be switched on: how prices walk, and by how much they move, when."""

    name = models.CharField(max_length=40)
    description = models.CharField(max_length=200, blank=True, default="")
    is_protected = models.BooleanField("came with Fillwatch", default=False, editable=False)
    instruments = models.JSONField("simulated instruments; empty: all", default=list, blank=True)
    volatility = models.DecimalField(max_digits=10, decimal_places=4, default=Decimal(1))
    trend = models.DecimalField(
        "percent an hour", max_digits=10, decimal_places=4, default=Decimal(0)
    )
    volume = models.DecimalField(max_digits=10, decimal_places=4, default=Decimal(1))
    moves = models.JSONField("moves by percent, after seconds", default=list, blank=True)
    active_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="scenario_name_once"),
            models.UniqueConstraint(
                models.Value(1), condition=Q(active_since__isnull=False), name="scenario_active_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MarketSession(models.Model):
    """A span of time whose changes can be made again; its snapshot can be gone back to."""

    name = models.CharField(max_length=60)
    by = models.CharField("operator's name", max_length=150)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.JSONField(default=dict)
    snapshot_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(stopped_at=None), name="session_open_one"
            )
        ]

    def __str__(self) -> str:
        return self.name


class MarketChange(models.Model):
    """One act of an operator on the simulated markets. Only market_control/record.py writes it."""

    class Outcome(models.TextChoices):
        BEGUN = "begun", "Begun"  # nobody knows yet whether it was done
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Not known"

    session = models.ForeignKey(
        MarketSession, on_delete=models.PROTECT, null=True, related_name="changes"
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by = models.CharField("operator's name", max_length=150)  # who it was, even when they are gone
    act = models.CharField(max_length=20)
    target = models.CharField(max_length=200)
    plan = models.CharField(max_length=60, blank=True, default="")
    steps = models.JSONField("acts at the venue", default=list)
    before = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.BEGUN)
    reason = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        permissions = [(RIGHT, "Can turn the simulated markets")]

    def __str__(self) -> str:
        return f"{self.act} of {self.target} by {self.by}"
