"""A user's keys at the venues."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from exchanges import venues
from exchanges.instruments import VenueMarket
from exchanges.venues import MarketKind
from realtime.values import EXACT
from users.sharing.rows import RowsOfKeys


class KeyRows(RowsOfKeys["ExchangeKey"]):
    key_field = "pk"


class BalanceRows(RowsOfKeys["Balance"]):
    owner_field = "key__user"


class PositionRows(RowsOfKeys["Position"]):
    owner_field = "key__user"


class PositionMode(models.TextChoices):
    """How many positions of one contract an account holds; empty where it was not read yet."""

    ONE_WAY = "one_way", gettext_lazy("One way")
    HEDGE = "hedge", gettext_lazy("Hedge")


class ExchangeKey(models.Model):
    """An API key at one venue and market. Only exchanges/secrets can open what is sealed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exchange_keys"
    )
    label = models.CharField(max_length=60)
    venue = models.CharField(max_length=20, choices=venues.choices)
    market = models.CharField(max_length=10, choices=MarketKind.choices, default=MarketKind.SPOT)
    api_key = models.CharField(max_length=200)
    sealed_secret = models.BinaryField()
    sealed_passphrase = models.BinaryField(default=bytes)
    is_paper = models.BooleanField("simulated", default=False)
    is_active = models.BooleanField("active", default=True)
    permissions = models.JSONField("permissions seen", default=list, blank=True)
    last_error = models.TextField(blank=True, default="")
    last_checked_at = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(
        "its venue accepted its secret", null=True, blank=True, editable=False
    )
    position_mode = models.CharField(
        max_length=8, choices=PositionMode.choices, blank=True, default="", editable=False
    )
    holdings_at = models.DateTimeField("holdings as of", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = KeyRows.as_manager()

    class Meta:
        ordering = ["user", "label"]
        constraints = [
            models.UniqueConstraint("user", Lower("label"), name="key_label_once_per_user"),
            models.UniqueConstraint(
                fields=["user", "venue", "market", "api_key", "is_paper"],
                name="key_attached_once_per_user",
            ),
            # Anybody can attach an API key that they saw; only its secret makes it theirs.
            models.UniqueConstraint(
                fields=["venue", "market", "api_key", "is_paper"],
                condition=models.Q(proven_at__isnull=False),
                name="key_proven_by_one_user",
            ),
            models.CheckConstraint(
                condition=models.Q(venue__regex=r"^[a-z0-9_]+$"), name="key_venue_named"
            ),
            models.CheckConstraint(
                condition=models.Q(market__in=MarketKind.values), name="key_market_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.venue_label} {self.market})"

    @property
    def venue_label(self) -> str:
        return venues.get(self.venue).label

    @property
    def venue_market(self) -> VenueMarket:
        return VenueMarket(self.venue, self.market, self.is_paper)

    @property
    def has_switch(self) -> bool:
        return venues.get(self.venue).get_switch(self.market) is not None


KeyOrMarket = ExchangeKey | VenueMarket


class ListedSymbols(models.Manager["Symbol"]):
    """The symbols that their venues list now."""

    def get_queryset(self) -> models.QuerySet["Symbol"]:
        return super().get_queryset().filter(delisted_at=None)


class Symbol(models.Model):
    """A symbol that trades at a venue, with its steps and limits as last read there.

    One that its venue no longer lists stays: orders of it are still asked about.
    """

    venue = models.CharField(max_length=20, choices=venues.choices)
    market = models.CharField(max_length=10, choices=MarketKind.choices)
    is_paper = models.BooleanField("simulated")
    name = models.CharField(max_length=40)
    base = models.CharField(max_length=20)
    quote = models.CharField(max_length=20)
    price_step = models.DecimalField(max_digits=38, decimal_places=18)
    quantity_step = models.DecimalField(max_digits=38, decimal_places=18)
    min_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    min_cost = models.DecimalField(max_digits=38, decimal_places=18)
    most_leverage = models.PositiveIntegerField("where the venue says it to all", null=True)
    venue_name = models.CharField("as the venue names it", max_length=60, default="")
    contract_size = models.DecimalField(max_digits=38, decimal_places=18, default=Decimal(1))
    quote_step = models.DecimalField(max_digits=38, decimal_places=18, default=Decimal(0))
    read_at = models.DateTimeField()
    delisted_at = models.DateTimeField("no longer listed since", null=True)

    objects = ListedSymbols()
    with_delisted: models.Manager["Symbol"] = models.Manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "market", "is_paper", "name"], name="symbol_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def venue_market(self) -> VenueMarket:
        return VenueMarket(self.venue, self.market, self.is_paper)


class Holding(models.Model):
    """One holding of a key as its venue last reported it. Only holdings/record.py writes it."""

    version = models.PositiveIntegerField(default=1)
    said_at = models.DateTimeField(null=True)  # by the venue's clock, where it says so
    known_at = models.DateTimeField()  # when it was heard, or asked for
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True


class Balance(Holding):
    """One currency of one key. Zeros stay, so that an old message does not bring money back."""

    key = models.ForeignKey(ExchangeKey, on_delete=models.CASCADE, related_name="balances")
    currency = models.CharField(max_length=40)
    free = models.DecimalField(max_digits=38, decimal_places=18)
    held = models.DecimalField(max_digits=38, decimal_places=18)
    cash = models.DecimalField(
        "without what open positions have won or lost", max_digits=38, decimal_places=18, null=True
    )

    objects = BalanceRows.as_manager()

    class Meta:
        ordering = ["key", "currency"]
        constraints = [models.UniqueConstraint(fields=["key", "currency"], name="balance_once")]

    def __str__(self) -> str:
        return f"{self.total:f} {self.currency}"

    @property
    def total(self) -> Decimal:
        """The wallet, without the unrealised profit of positions, which a venue may let be used."""
        return EXACT.add(self.free, self.held) if self.cash is None else self.cash


class Position(Holding):
    """One futures symbol of one key; below zero is short, zero is closed."""

    class Side(models.TextChoices):
        NET = "net", gettext_lazy("Net")
        LONG = "long", gettext_lazy("Long")
        SHORT = "short", gettext_lazy("Short")

    key = models.ForeignKey(ExchangeKey, on_delete=models.CASCADE, related_name="positions")
    symbol = models.CharField(max_length=40)
    side = models.CharField(max_length=5, choices=Side.choices, default=Side.NET)
    quantity = models.DecimalField(max_digits=38, decimal_places=18)
    entry_price = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    mark_price = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    mark_at = models.DateTimeField("when the mark price was so", null=True)
    liquidation_price = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    unrealised = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    leverage = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    margin_mode = models.CharField(max_length=20, blank=True, default="")

    objects = PositionRows.as_manager()

    class Meta:
        ordering = ["key", "symbol", "side"]
        constraints = [
            models.UniqueConstraint(fields=["key", "symbol", "side"], name="position_once")
        ]

    def __str__(self) -> str:
        return f"{self.quantity:f} {self.symbol}"


class StreamProcess(models.Model):
    """A process that follows streams, and until when it is taken to be alive."""

    name = models.CharField(max_length=80, unique=True)
    alive_until = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StreamState(models.TextChoices):
    IDLE = "idle", gettext_lazy("Not followed")
    CONNECTING = "connecting", gettext_lazy("Connecting")
    LIVE = "live", gettext_lazy("Live")
    WAITING = "waiting", gettext_lazy("Waiting to reconnect")
    REFUSED = "refused", gettext_lazy("Refused by the venue")
    POLLED = "polled", gettext_lazy("Asked, not followed")


class StreamLease(models.Model):
    """The process that follows a key's own stream, and the state of that stream."""

    key = models.OneToOneField(
        ExchangeKey, on_delete=models.CASCADE, primary_key=True, related_name="stream"
    )
    holder = models.CharField(max_length=80, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=StreamState.choices, default=StreamState.IDLE)
    connected_since = models.DateTimeField(null=True, blank=True)
    silent_since = models.DateTimeField("since when nobody hears it", null=True, blank=True)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_reconcile_at = models.DateTimeField(null=True, blank=True)
    restarts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return f"stream of key {self.key_id}: {self.state}"


class DeadMansSwitch(models.Model):
    """A key's dead man's switch at its venue, as last renewed; 0 seconds: off, or soon off."""

    key = models.OneToOneField(ExchangeKey, on_delete=models.CASCADE, related_name="switch")
    seconds = models.PositiveIntegerField(default=0)
    symbols = models.JSONField("armed symbols, where each has a countdown", default=list)
    renewed_at = models.DateTimeField(null=True)
    armed_until = models.DateTimeField("then the venue cancels, at the latest", null=True)
    armed_for_sure = models.DateTimeField("not before then", null=True)
    silent_since = models.DateTimeField("not renewed, since nobody watches", null=True)
    # The last time it ran out, from the earliest to the latest moment of that.
    fired_after = models.DateTimeField(null=True)
    fired_before = models.DateTimeField(null=True)
    told_at = models.DateTimeField("its owner was told of that", null=True)
    last_error = models.TextField(default="")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return f"dead man's switch of key {self.key_id}: {self.seconds} s"
