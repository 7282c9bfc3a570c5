"""The profit by venue, key, symbol and bot: however it is split, it adds up to the same sum."""

from decimal import Decimal

import pytest
from django.test import Client

from bots.models import PnlBook
from bots.portfolio import breakdown
from bots.prices import price_table
from exchanges.instruments import VenueMarket
from tests.bots.pnl.fills import FillSpec, count_fills, create_bot, create_key, write_fills
from tests.orders.reports import NOON
from users.models import User


def trade(minute: int, side: str, quantity: str, price: str, *, is_bots: bool = False) -> FillSpec:
    return FillSpec(minute, side, Decimal(quantity), Decimal(price), Decimal("0.5"),
                    is_bots=is_bots)  # fmt: skip


@pytest.fixture
def books(user: User) -> list[PnlBook]:
    """Two keys; a bot won 9, somebody won 19 by hand, lost 6 in ETH, and holds one BTC more."""
    first, second = create_key(user, label="first"), create_key(user, label="second")
    bot = create_bot(first, "grid")
    write_fills(first, [trade(0, "buy", "1", "100", is_bots=True),
                        trade(1, "sell", "1", "110", is_bots=True)], bot)  # fmt: skip
    write_fills(first, [trade(2, "buy", "1", "100"), trade(3, "sell", "1", "120")])
    write_fills(
        second, [trade(4, "buy", "1", "50"), trade(5, "sell", "1", "45")], symbol="ETH/USDT"
    )
    write_fills(second, [trade(6, "buy", "1", "100")])
    for key in (first, second):
        count_fills(key)
    return list(PnlBook.objects.select_related("key", "bot"))


def split(books: list[PnlBook], way: str) -> dict[str, tuple[Decimal, Decimal | None]]:
    rows = breakdown.split_profit(books, way, since=None, now=NOON)
    return {row.name: (row.net, row.unrealised) for row in rows}


def test_each_split_adds_up_to_the_same_sum(books: list[PnlBook]) -> None:
    spot = VenueMarket("binance", "spot", True)
    price_table.store_prices(spot, {"BTC/USDT": "130"}, now=NOON)
    held = Decimal(30)
    # 9 + 19 - 6, less the fee of what is held
    assert split(books, "venue") == {"Binance spot": (Decimal("21.5"), held)}
    assert split(books, "key") == {"first": (28, 0), "second": (Decimal("-6.5"), held)}
    assert split(books, "symbol") == {"BTC/USDT": (Decimal("27.5"), held), "ETH/USDT": (-6, 0)}
    assert split(books, "bot") == {"grid": (9, 0), "Without a bot": (Decimal("12.5"), held)}


def test_what_has_no_price_is_not_added_up(books: list[PnlBook]) -> None:
    assert split(books, "key") == {"first": (28, 0), "second": (Decimal("-6.5"), None)}


def test_the_portfolio_shows_the_split_that_is_asked_for(
    books: list[PnlBook], user: User, client: Client
) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    shown = client.get("/portfolio/", {"period": "all", "by": "bot"}).content.decode()
    assert "Profit by bot" in shown
    assert "Without a bot" in shown
    assert "Profit by venue" in client.get("/portfolio/?period=all&by=moon").content.decode()
