"""A bot that is refused: a message for each field, and nothing is saved."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bots.models import Bot, LogEntry, Mode
from bots.running import lifecycle, validation
from bots.strategies.settings import InvalidSettings
from exchanges import symbols
from exchanges.keys import actions
from exchanges.keys.permissions import KeyVerdict
from exchanges.models import Balance, ExchangeKey, PositionMode, Symbol
from tests.bots.desk import PRICES, Desk

GRID = {"lower": "49000", "upper": "50000", "levels": 5, "quantity": "0.001"}
DCA = {"amount": "100", "step_percent": "1", "steps": 3, "step_amount": "100",
       "profit_percent": "2"}  # fmt: skip
KeyAt = Callable[[str, str], ExchangeKey]


def set_balance(key: ExchangeKey, free: str, held: str = "0") -> None:
    now = timezone.now()
    Balance.objects.create(key=key, currency="USDT", free=free, held=held, known_at=now,
                           changed_at=now)  # fmt: skip


def find_errors(desk: Desk, strategy: str = "scalper", **settings: Any) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as wrong:
        desk.make(strategy, **settings)
    assert not Bot.objects.exists()
    return wrong.value.errors


@pytest.mark.parametrize(
    ("strategy", "settings", "limits", "messages"),
    [
        ("scalper", PRICES, {"budget": 499}, {"budget": "These settings ask for 500 USDT."}),
        ("scalper", PRICES, {"budget": 0}, {"budget": "This must be more than zero."}),
        ("scalper", PRICES, {"daily_loss": -1}, {"daily_loss": "This must be more than zero."}),
        ("scalper", PRICES, {"most_held": Decimal("0.009")},
         {"most_held": "These settings ask for 0.01 at once."}),
        ("scalper", PRICES, {"most_orders": 0}, {"most_orders": "It needs one order at least."}),
        ("grid", GRID, {"most_orders": 4},
         {"most_orders": "These settings ask for 5 open orders at once."}),
        ("grid", GRID, {"budget": 246}, {"budget": "These settings ask for 247 USDT."}),
        ("dca", DCA, {"budget": 399}, {"budget": "These settings ask for 400 USDT."}),
        ("dca", DCA, {"most_orders": 3},
         {"most_orders": "These settings ask for 4 open orders at once."}),
        ("manual", {"amount": "100"}, {"budget": 99, "most_held": Decimal("0.001")},
         {"budget": "These settings ask for 100 USDT.",
          "most_held": "These settings ask for 0.00198 at once."}),
    ],
)  # fmt: skip
def test_the_strategys_needs_must_fit_the_limits(
    desk: Desk, strategy: str, settings: dict[str, Any], limits: Any, messages: dict[str, str]
) -> None:
    desk.say_price("50500")
    assert find_errors(desk, strategy, settings=settings, **limits) == messages


def test_a_budget_above_what_the_key_has(desk: Desk) -> None:
    set_balance(desk.key, "700", "200")
    messages = find_errors(desk, budget=Decimal(901))
    assert messages == {"budget": "The key “Paper” has 900 USDT."}
    assert desk.make(budget=Decimal(900)).budget == 900


def test_an_unknown_balance_refuses_no_budget(desk: Desk) -> None:
    assert desk.make(budget=Decimal(10**9)).pk


def test_the_balance_is_checked_at_the_start_and_for_another_budget(desk: Desk) -> None:
    bot = desk.make(budget=Decimal(900))
    set_balance(desk.key, "700")
    with pytest.raises(InvalidSettings):
        lifecycle.start_bot(bot.pk, now=timezone.now())
    with pytest.raises(InvalidSettings):
        lifecycle.change_bot(bot.pk, changes={"budget": Decimal(800)}, now=timezone.now())
    lifecycle.change_bot(bot.pk, changes={"name": "other"}, now=timezone.now())
    lifecycle.change_bot(bot.pk, changes={"budget": Decimal(700)}, now=timezone.now())
    assert lifecycle.start_bot(bot.pk, now=timezone.now()).mode == Mode.RUNNING


@pytest.mark.parametrize(("venue", "most"), [("okx", 75), ("bybit", 75), ("binance", None)])
def test_leverage_beyond_what_the_venue_allows(
    desk: Desk, key_at: KeyAt, venue: str, most: int | None
) -> None:
    key = key_at(venue, "futures")
    symbols.read_market(key)
    desk.key = key
    name = "SOL/USDT:USDT"
    told = Symbol.objects.get(venue=venue, market="futures", name=name).most_leverage
    assert told == most
    beyond = {"amount": "100", "leverage": (told or 125) + 1}
    messages = find_errors(desk, "manual", symbol=name, settings=beyond)
    assert "leverage" in messages
    within = {"amount": "100", "leverage": told or 125}
    set_balance(key, "100")
    bot = desk.make("manual", symbol=name, settings=within, budget=Decimal(100 * (told or 125)))
    assert bot.settings["leverage"] == (told or 125)


def test_a_key_that_cannot_trade(desk: Desk) -> None:
    bot, now = desk.make(), timezone.now()
    reading = KeyVerdict(ok=True, message="", permissions=("read",))
    actions.record(desk.key.pk, reading, now=now)
    desk.key.refresh_from_db()
    messages = "The key “Paper” may not trade: allow it at Binance, and test it."
    with pytest.raises(InvalidSettings) as wrong:
        desk.make(name="another")
    assert wrong.value.errors == {"key": messages}
    with pytest.raises(InvalidSettings):
        lifecycle.change_bot(bot.pk, changes={"name": "x"}, now=now)
    with pytest.raises(lifecycle.CommandRefused, match="may not trade"):
        lifecycle.start_bot(bot.pk, now=now)
    assert list(Bot.objects.values_list("name", "mode")) == [("scalper bot", Mode.STOPPED)]


def test_an_account_in_hedge_mode(desk: Desk) -> None:
    bot, now = desk.make(), timezone.now()
    desk.key.position_mode = PositionMode.HEDGE
    desk.key.save()
    message = "“Paper” holds a long and a short position: bots trade in one-way mode."
    with pytest.raises(InvalidSettings) as wrong:
        desk.make(name="another")
    assert wrong.value.errors == {"key": message}
    with pytest.raises(lifecycle.CommandRefused, match="one-way mode"):
        lifecycle.start_bot(bot.pk, now=now)


def test_a_key_that_its_venue_refuses(desk: Desk) -> None:
    actions.record(desk.key.pk, KeyVerdict(ok=False, message="Unknown key.", stop=True),
                now=timezone.now())  # fmt: skip
    desk.key.refresh_from_db()
    messages = {"key": "The key “Paper” is switched off: Unknown key."}
    assert find_errors(desk) == messages


def test_a_refused_bot_is_not_saved(desk: Desk) -> None:
    client = APIClient()
    client.force_authenticate(desk.key.user)
    pk, lines = desk.make().pk, LogEntry.objects.count()
    wrong = {"name": "better", "budget": "1", "settings": PRICES | {"quantity": "0.02"}}
    answer = client.patch(f"/api/v1/bots/{pk}/", wrong)
    assert (answer.status_code, list(answer.json())) == (400, ["budget"])
    bot = Bot.objects.get()
    assert (bot.name, bot.budget, bot.settings["quantity"]) == ("scalper bot", None, "0.01")
    assert LogEntry.objects.count() == lines


def test_a_market_without_trailing_stops_refuses_them(desk: Desk, key_at: KeyAt) -> None:
    momentum = {"rise_percent": "1", "window_minutes": 5, "amount": "100", "trail_percent": "1"}
    assert desk.make("momentum", settings=momentum).pk
    desk.key = key_at("bybit", "spot")
    symbols.read_market(desk.key)
    with pytest.raises(InvalidSettings) as wrong:
        desk.make("momentum", settings=momentum, name="another")
    assert wrong.value.errors == {"trail_percent": "Bybit spot has no trailing stops."}


@pytest.mark.parametrize(
    ("strategy", "settings", "field"),
    [
        ("scalper", PRICES | {"trailing_percent": "0.105"}, "trailing_percent"),
        ("manual", {"amount": "100", "margin_mode": "cross"}, "leverage"),
    ],
)
def test_orders_that_would_be_denied_later_are_refused(
    desk: Desk, key_at: KeyAt, strategy: str, settings: dict[str, Any], field: str
) -> None:
    desk.key = key_at("binance", "futures")
    symbols.read_market(desk.key)
    messages = find_errors(desk, strategy, symbol="BTC/USDT:USDT", settings=settings)
    assert list(messages) == [field]


def test_a_key_with_unknown_permissions_may_trade(desk: Desk) -> None:
    desk.key.permissions = ["read"]
    assert validation.key_refusal(desk.key)
    desk.key.venue = "kraken"
    assert validation.key_refusal(desk.key) == ""
