"""The outcome of a back-test: what it earned, how deep it fell, and how holding compares. Pure.

Stored as JSON; its keys are those of the API.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, Final, TypedDict

from bots.backtest.account import PastFill
from bots.backtest.replay import Replay, ValuePoint
from bots.charts.scales import thin_points
from bots.pnl.trade_stats import TradeResult
from realtime.values import EXACT, ZERO, format_money, format_time

CURVE_POINTS: Final = 600  # stored; a chart draws fewer
MOST_FILLS: Final = 5000  # stored; the sums are of all
MOST_TRADES: Final = 1000
PLACES: Final = Decimal("1e-8")  # of shares


class FallData(TypedDict):
    """The deepest fall from a peak of the value, and its share of that peak."""

    amount: str
    share: str
    at: str | None


class OutcomeData(TypedDict):
    """The result. Amounts are in the quote currency; shares are between 0 and 1."""

    since: str
    until: str
    candles: int
    first_price: str
    last_price: str
    value: str
    net: str
    net_share: str
    realised: str
    unrealised: str
    fees: str
    drawdown: FallData
    hold_net: str
    hold_share: str
    hold_drawdown: FallData
    orders: int
    fills: int
    trades: int
    wins: int
    losses: int
    win_rate: str | None
    profit_factor: str | None
    best: str
    worst: str
    time_in_market: str
    held: str
    halted_at: str | None
    halt_reason: str
    halt_is_error: bool


class PastFillData(TypedDict):
    """One fill of a back-test, with the reason of its order."""

    at: str
    slot: str
    turn: int
    side: str
    type: str
    quantity: str
    price: str
    fee: str
    reason: str


class PastTradeData(TypedDict):
    """From nothing held to nothing held; net is after fees."""

    began_at: str
    ended_at: str
    net: str
    fees: str
    fills: int


def summarize_replay(replay: Replay, first_price: Decimal, last_price: Decimal) -> OutcomeData:
    """Sum up a replay that was fed at least one candle."""
    points, book, money = replay.points, replay.account.book, replay.terms.money
    trades, held = book.trades, replay.account.position.quantity
    with localcontext(EXACT):
        value, hold = points[-1].value, points[-1].hold
        realised = book.gross - book.fees
        return {
            "since": format_time(points[0].at - replay.length),
            "until": format_time(points[-1].at),
            "candles": len(points),
            "first_price": format_money(first_price),
            "last_price": format_money(last_price),
            "value": format_money(value),
            "net": format_money(value - money),
            "net_share": _format_share((value - money) / money),
            "realised": format_money(realised),
            "unrealised": format_money(value - money - realised),
            "fees": format_money(book.fees),
            "drawdown": find_fall([(point.at, point.value) for point in points], money),
            "hold_net": format_money(hold - money),
            "hold_share": _format_share((hold - money) / money),
            "hold_drawdown": find_fall([(point.at, point.hold) for point in points], money),
            "orders": len(replay.account.placed),
            "fills": len(replay.account.fills),
            "trades": trades.count,
            "wins": trades.wins,
            "losses": trades.losses,
            "win_rate": _format_share_or_none(trades.win_rate),
            "profit_factor": _format_share_or_none(trades.profit_factor),
            "best": format_money(trades.best),
            "worst": format_money(trades.worst),
            "time_in_market": _format_share(Decimal(replay.candles_in_market) / len(points)),
            "held": format_money(held),
            "halted_at": format_time(replay.halted_at) if replay.halted_at else None,
            "halt_reason": replay.halt.reason if replay.halt else "",
            "halt_is_error": bool(replay.halt and replay.halt.is_error),
        }


def find_fall(values: Iterable[tuple[datetime, Decimal]], start: Decimal) -> FallData:
    """Find the deepest fall from a peak; the money at the start is the first peak."""
    peak, deepest, share, fallen_at = start, ZERO, ZERO, None
    for at, value in values:
        peak = max(peak, value)
        if peak - value > deepest:
            deepest, share, fallen_at = peak - value, (peak - value) / peak, at
    at_text = format_time(fallen_at) if fallen_at else None
    return {"amount": format_money(deepest), "share": _format_share(share), "at": at_text}


def thin_curves(points: Sequence[ValuePoint]) -> dict[str, list[list[str]]]:
    """Return both curves with the extremes of each column, as they are stored."""
    curves = {
        "value": [(point.at, point.value) for point in points],
        "hold": [(point.at, point.hold) for point in points],
    }
    return {
        name: [
            [format_time(at), format_money(value)]
            for part in thin_points(curve, limit=CURVE_POINTS)
            for at, value in part
        ]
        for name, curve in curves.items()
    }


def list_fills(fills: Sequence[PastFill]) -> list[PastFillData]:
    """Return the first fills, as many as are stored."""
    return [
        {
            "at": format_time(fill.at),
            "slot": fill.place.slot,
            "turn": fill.place.turn,
            "side": fill.place.side,
            "type": fill.place.type,
            "quantity": format_money(fill.quantity),
            "price": format_money(fill.price),
            "fee": format_money(fill.fee),
            "reason": fill.place.reason,
        }
        for fill in fills[:MOST_FILLS]
    ]


def list_trades(trades: Sequence[TradeResult]) -> list[PastTradeData]:
    """Return the newest closed trades, oldest first, as many as are stored."""
    return [
        {
            "began_at": format_time(trade.began_at),
            "ended_at": format_time(trade.ended_at),
            "net": format_money(trade.net),
            "fees": format_money(trade.fees),
            "fills": trade.parts,
        }
        for trade in trades[-MOST_TRADES:]
    ]


def make_results(replay: Replay, first_price: Decimal, last_price: Decimal) -> dict[str, Any]:
    """Return all that is stored of a replay, by the field of its row."""
    return {
        "outcome": summarize_replay(replay, first_price, last_price),
        "curves": thin_curves(replay.points),
        "fills": list_fills(replay.account.fills),
        "trades": list_trades(replay.account.book.closed_trades),
    }


def _format_share(share: Decimal) -> str:
    return format_money(share.quantize(PLACES))


def _format_share_or_none(share: Decimal | None) -> str | None:
    return None if share is None else _format_share(share)
