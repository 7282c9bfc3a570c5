"""The contents of the page of one back-test. Reads only."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.backtest.forms import describe_place
from bots.charts import svg
from bots.models import Backtest
from bots.strategies.registry import STRATEGIES
from bots.web.bot_detail import describe_settings
from exchanges.instruments import parse, profit_currency
from exchanges.models import ExchangeKey

SHOWN: Final = 20  # rows of each table


def describe_row(backtest: Backtest) -> dict[str, Any]:
    """Return what lists and heads show of a back-test."""
    place = parse(backtest.instrument)
    return {
        "backtest": backtest,
        "symbol": place.symbol,
        "place": describe_place(place.venue_market),
        "is_paper": place.is_paper,
        "currency": profit_currency(place.symbol),
        "strategy": STRATEGIES[backtest.strategy],
        "outcome": read_outcome(backtest),
    }


def result_context(backtest: Backtest, *, now: datetime) -> dict[str, Any]:
    row = describe_row(backtest)
    outcome, currency = row["outcome"], row["currency"]
    return {
        **row,
        "now": now,
        "settings": describe_settings(backtest),
        "chart": _draw_curves(backtest, currency) if outcome else "",
        "ahead": outcome["net"] - outcome["hold_net"] if outcome else None,
        "trades": [_read_amounts(trade) for trade in backtest.trades[::-1][:SHOWN]],
        "fills": [_read_amounts(fill) for fill in backtest.fills[::-1][:SHOWN]],
        "paper_key": _find_paper_key(backtest),
    }


def _find_paper_key(backtest: Backtest) -> int | None:
    """Return a paper key for the same market of the same venue, else one for the same market."""
    place = parse(backtest.instrument)
    keys = ExchangeKey.objects.filter(
        user=backtest.user_id, is_active=True, is_paper=True, market=place.market
    )
    ranked = sorted(keys, key=lambda key: (key.venue != place.venue, key.pk))
    return ranked[0].pk if ranked else None


def read_outcome(backtest: Backtest) -> dict[str, Any]:
    """Return the stored outcome with numbers and times, empty while there is none."""
    outcome = _read_amounts(backtest.outcome)
    return {
        name: _read_amounts(value) if isinstance(value, dict) else value
        for name, value in outcome.items()
    }


def _draw_curves(backtest: Backtest, currency: str) -> SafeString:
    value, hold = (
        [(datetime.fromisoformat(at), Decimal(amount)) for at, amount in backtest.curves[name]]
        for name in ("value", "hold")
    )
    title = _("Value of the tested bot, and of holding, in %(currency)s") % {"currency": currency}
    return svg.draw_line(value, title=title, unit=currency, beside=hold)


AMOUNTS: Final = frozenset(
    {
        *("first_price", "last_price", "value", "net", "net_share", "realised", "unrealised"),
        *("fees", "hold_net", "hold_share", "win_rate", "profit_factor", "best", "worst", "held"),
        *("time_in_market", "amount", "share", "quantity", "price", "fee"),
    }
)
TIMES: Final = frozenset({"since", "until", "at", "halted_at", "began_at", "ended_at"})


def _read_amounts(values: Any) -> dict[str, Any]:
    """Turn the texts of stored JSON into numbers and times, by name."""
    return {name: _read_value(name, value) for name, value in values.items()}


def _read_value(name: str, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if name in AMOUNTS:
        return Decimal(value)
    return datetime.fromisoformat(value) if name in TIMES else value
