"""A user's keys at the venues."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from exchanges import catalogue
from exchanges.catalogue import Market


class ExchangeKey(models.Model):
    """An API key at one venue and market. Its secrets are sealed: see exchanges/sealing.py."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exchange_keys"
    )
    label = models.CharField(max_length=60)
    venue = models.CharField(max_length=20, choices=catalogue.choices)
    market = models.CharField(max_length=10, choices=Market.choices, default=Market.SPOT)
    api_key = models.CharField(max_length=200)
    sealed_secret = models.BinaryField()
    sealed_passphrase = models.BinaryField(default=bytes)
    is_paper = models.BooleanField("simulated", default=False)
    is_active = models.BooleanField("active", default=True)
    permissions = models.JSONField("permissions seen", default=list, blank=True)
    last_error = models.TextField(blank=True, default="")
    last_checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user", "label"]
        constraints = [
            models.UniqueConstraint("user", Lower("label"), name="key_label_once_per_user"),
            models.UniqueConstraint(
                fields=["venue", "market", "api_key", "is_paper"], name="key_attached_once"
            ),
            models.CheckConstraint(
                condition=models.Q(venue__regex=r"^[a-z0-9_]+$"), name="key_venue_named"
            ),
            models.CheckConstraint(
                condition=models.Q(market__in=Market.values), name="key_market_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.venue_label} {self.market})"

    @property
    def venue_label(self) -> str:
        return catalogue.of(self.venue).label


class Symbol(models.Model):
    """What can be traded at a venue, and in which steps: as the workers last read it there."""

    venue = models.CharField(max_length=20, choices=catalogue.choices)
    market = models.CharField(max_length=10, choices=Market.choices)
    is_paper = models.BooleanField("simulated")
    name = models.CharField(max_length=40)
    base = models.CharField(max_length=20)
    quote = models.CharField(max_length=20)
    price_step = models.DecimalField(max_digits=38, decimal_places=18)
    quantity_step = models.DecimalField(max_digits=38, decimal_places=18)
    min_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    min_cost = models.DecimalField(max_digits=38, decimal_places=18)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "market", "is_paper", "name"], name="symbol_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class StreamProcess(models.Model):
    """A process that follows streams, and until when it is taken to be alive."""

    name = models.CharField(max_length=80, unique=True)
    alive_until = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StreamState(models.TextChoices):
    IDLE = "idle", "Not followed"
    CONNECTING = "connecting", "Connecting"
    LIVE = "live", "Live"
    WAITING = "waiting", "Waiting to reconnect"
    REFUSED = "refused", "Refused by the venue"


class StreamLease(models.Model):
    """Which process follows a key's own stream, and how that fares. See exchanges/leases.py."""

    key = models.OneToOneField(
        ExchangeKey, on_delete=models.CASCADE, primary_key=True, related_name="stream"
    )
    holder = models.CharField(max_length=80, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=StreamState.choices, default=StreamState.IDLE)
    connected_since = models.DateTimeField(null=True, blank=True)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_reconcile_at = models.DateTimeField(null=True, blank=True)
    restarts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return f"stream of key {self.key_id}: {self.state}"
