"""Which venues are served, and what each wants of a key: known without loading any adapter."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import TextChoices


class Venue(TextChoices):
    BINANCE = "binance", "Binance"
    OKX = "okx", "OKX"
    BYBIT = "bybit", "Bybit"


class MarketKind(TextChoices):
    SPOT = "spot", "Spot"
    FUTURES = "futures", "Futures"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One venue as the doors offer it. A venue that is only polled is known by its name alone."""

    label: str
    markets: frozenset[str]
    passphrase: bool | None = None  # None: some of its keys have one
    listen_keys: frozenset[str] = frozenset()  # markets whose stream is opened by a listen key
    trailing: frozenset[str] = frozenset()  # markets where a stop can follow the price
    one_wallet: bool = False  # all its markets are traded out of one: two keys show the same money


LISTED: Final[dict[str, Listed]] = {
    Venue.BINANCE: Listed(
        label=Venue.BINANCE.label,
        markets=frozenset({MarketKind.SPOT, MarketKind.FUTURES}),
        passphrase=False,
        listen_keys=frozenset({MarketKind.FUTURES}),
        trailing=frozenset({MarketKind.SPOT, MarketKind.FUTURES}),
    ),
    Venue.OKX: Listed(
        label=Venue.OKX.label,
        markets=frozenset({MarketKind.SPOT, MarketKind.FUTURES}),
        passphrase=True,
        trailing=frozenset({MarketKind.SPOT, MarketKind.FUTURES}),
        one_wallet=True,
    ),
    Venue.BYBIT: Listed(
        label=Venue.BYBIT.label,
        markets=frozenset({MarketKind.SPOT, MarketKind.FUTURES}),
        passphrase=False,
        one_wallet=True,
    ),
}


def listed() -> dict[str, Listed]:
    """The venues with adapters of their own, and those that this installation polls besides."""
    others = {
        name: Listed(label=name, markets=frozenset({MarketKind.SPOT}))
        for name in settings.OTHER_VENUES
        if name not in LISTED
    }
    return {name: venue for name, venue in (LISTED | others).items() if venue.markets}


def of(venue: str) -> Listed:
    """A key outlives the setting that offered its venue."""
    return (LISTED | listed()).get(venue) or Listed(label=venue, markets=frozenset())


def choices() -> list[tuple[str, str]]:
    return [(name, venue.label) for name, venue in listed().items()]
