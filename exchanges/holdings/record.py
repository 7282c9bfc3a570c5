"""Record what each key holds, and notify its owner. Nothing else writes balances and positions.

A venue says it in two ways, by its stream and when asked, and neither waits for the other:
1. What was heard or asked for earlier than what is known does not count. An answer is as old as
   its question: what the stream told since then is newer.
2. What the venue itself dates earlier does not count either, for as long as messages may overtake
   each other. After that it does: a clock that was set back must not freeze the mirror.
3. An answer is complete. What it leaves out is not held any more; a message of a stream only
   speaks of what it names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from operator import attrgetter
from typing import Any, Final

from exchanges import payloads
from exchanges.base import BalanceReport, PositionReport
from exchanges.instruments import is_inverse
from exchanges.models import Balance, ExchangeKey, Position, PositionMode
from realtime import streams

ZERO: Final = Decimal(0)
STEP: Final = Decimal(1).scaleb(-18)  # of the database's columns
EXACT: Final = Context(prec=60)
OVERTAKEN: Final = timedelta(seconds=60)
PRICES_EVERY: Final = timedelta(seconds=30)  # a market always moves; that alone is told so often
MARK_EVERY: Final = timedelta(seconds=4)  # and so often where the price comes by a stream
PRICES: Final = frozenset({"mark_price", "mark_at", "unrealised"})
CLOSED: Final[dict[str, Any]] = dict.fromkeys(
    ("entry_price", *PRICES, "liquidation_price", "leverage", "margin_mode")
)
Row = Balance | Position
Report = BalanceReport | PositionReport


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldingsReport:
    """Reports of a key's holdings, and when they were received or requested."""

    at: datetime
    balances: Sequence[BalanceReport] = ()
    positions: Sequence[PositionReport] = ()
    complete: bool = False


def record(key_id: int, seen: HoldingsReport, *, now: datetime) -> int:
    """Record the reports that are newer than the rows, and return how many rows changed.

    The key is locked, so that two who speak of the same key wait for each other; whoever writes
    an order of this key does not wait.
    """
    with streams.unit() as unit:
        key = ExchangeKey.objects.select_for_update(no_key=True).get(pk=key_id)
        balances, positions = _update_balances(key, seen, now), _update_positions(key, seen, now)
        for balance in balances:
            amounts = payloads.balance_data(balance, key)
            unit.event(user_id=key.user_id, key_id=key_id, type="balance_update", data=amounts)
        for position in positions:
            facts = payloads.position_data(position, key)
            unit.event(user_id=key.user_id, key_id=key_id, type="position_update", data=facts)
        if seen.complete:
            key.holdings_at = seen.at
            key.save(update_fields=["holdings_at"])
    return len(balances) + len(positions)


def record_position_mode(key_id: int, *, hedged: bool) -> bool:
    """Record whether the account holds a long and a short position beside each other."""
    mode = PositionMode.HEDGE if hedged else PositionMode.ONE_WAY
    with streams.unit() as unit:
        key = ExchangeKey.objects.select_for_update(no_key=True).get(pk=key_id)
        if key.position_mode == mode:
            return False
        key.position_mode = mode
        key.save(update_fields=["position_mode"])
        unit.event(user_id=key.user_id, type="key_update", data=payloads.key_data(key))
    return True


def record_marks(key_id: int, prices: Mapping[str, Decimal], *, now: datetime) -> int:
    """Value the open positions of these symbols at prices of now; return how many were told.

    A report that was asked for earlier does not set them back, and nothing else of it is touched.
    """
    with streams.unit() as unit:
        key = ExchangeKey.objects.select_for_update(no_key=True).get(pk=key_id)
        rows = list(Position.objects.filter(key=key, symbol__in=prices).exclude(quantity=0))
        moved = [row for row in rows if is_mark_due(row, prices[row.symbol], now=now)]
        for row in moved:
            mark = _round_to_column(prices[row.symbol])
            gain = _value_position(row.symbol, row.quantity, row.entry_price, mark)
            _write_values(row, {"mark_price": mark, "mark_at": now, "unrealised": gain}, now)
            facts = payloads.position_data(row, key)
            unit.event(user_id=key.user_id, key_id=key_id, type="position_update", data=facts)
        if moved:
            Position.objects.bulk_update(moved, [*PRICES, "version", "changed_at"])
    return len(moved)


def is_mark_due(row: Position, price: Decimal, *, now: datetime) -> bool:
    """Tell whether a position must be valued anew: its price moved, or its age must be told."""
    if row.entry_price is None or is_inverse(row.symbol):
        return False  # only its venue can value it
    if row.mark_at is None or row.mark_at <= now - PRICES_EVERY:
        return True
    return price != row.mark_price and row.mark_at <= now - MARK_EVERY


def _value_position(
    symbol: str, quantity: Decimal, entry: Decimal | None, mark: Decimal | None
) -> Decimal | None:
    """Return what closing it at the mark price would bring; None if only its venue knows."""
    if entry is None or mark is None or is_inverse(symbol):
        return None
    return _round_to_column(EXACT.multiply(EXACT.subtract(mark, entry), quantity))


def _update_balances(key: ExchangeKey, seen: HoldingsReport, now: datetime) -> list[Balance]:
    return _update_rows(
        Balance.objects.filter(key=key),
        {report.currency: report for report in seen.balances},
        seen,
        now,
        name=attrgetter("currency"),
        blank=lambda report: Balance(key=key, currency=report.currency, free=ZERO, held=ZERO),
        none=lambda row: BalanceReport(currency=row.currency, free=ZERO, held=ZERO),
        values=_balance_values,
    )


def _update_positions(key: ExchangeKey, seen: HoldingsReport, now: datetime) -> list[Position]:
    return _update_rows(
        Position.objects.filter(key=key),
        {(report.symbol, report.side): report for report in seen.positions},
        seen,
        now,
        name=attrgetter("symbol", "side"),
        blank=lambda report: Position(
            key=key, symbol=report.symbol, side=report.side, quantity=ZERO
        ),
        none=lambda row: PositionReport(symbol=row.symbol, side=row.side, quantity=ZERO),
        values=_position_values,
    )


def _update_rows(
    rows: Any,
    reports: dict[Any, Any],
    seen: HoldingsReport,
    now: datetime,
    *,
    name: Callable[[Any], object],
    blank: Callable[[Any], Any],
    none: Callable[[Any], Any],
    values: Callable[[Any, Any, datetime], dict[str, Any]],
) -> list[Any]:
    """Update the rows of one kind from the reports, and return those that changed."""
    known = {name(row): row for row in rows}
    if seen.complete:
        reports = {identity: none(row) for identity, row in known.items()} | reports
    touched, changed = [], []
    for identity, report in reports.items():
        row = known.get(identity) or _start_row(blank(report), seen, now)
        if _is_outdated(row, report, seen.at):
            continue
        is_news = _apply_values(row, values(row, report, seen.at), now)
        if row.pk is None and not is_news:
            continue  # nothing of it is held, and nothing was
        row.known_at, row.said_at = seen.at, report.reported_at or row.said_at
        touched.append(row)
        if is_news:
            changed.append(row)
    _save_rows(touched)
    return changed


def _start_row(row: Any, seen: HoldingsReport, now: datetime) -> Any:
    row.version, row.known_at, row.changed_at = 0, seen.at, now
    return row


def _is_outdated(row: Row, report: Report, at: datetime) -> bool:
    if at < row.known_at:
        return True
    reported_at, before = report.reported_at, row.said_at
    return bool(reported_at and before and reported_at < before and at - row.known_at < OVERTAKEN)


def _balance_values(_: Balance, report: BalanceReport, at: datetime) -> dict[str, Any]:
    cash = None if report.cash is None else _round_to_column(report.cash)
    return {
        "free": _round_to_column(report.free),
        "held": _round_to_column(report.held),
        "cash": cash,
    }


def _position_values(row: Position, report: PositionReport, at: datetime) -> dict[str, Any]:
    """Keep values that the report leaves out, except those that belonged to another quantity."""
    quantity = _round_to_column(report.quantity)
    if not quantity:
        return {"quantity": ZERO, **dict.fromkeys(CLOSED), "margin_mode": ""}
    values: dict[str, Any] = {"quantity": quantity}
    for name in ("entry_price", "mark_price", "leverage", "liquidation_price", "unrealised"):
        reported = getattr(report, name)
        values[name] = getattr(row, name) if reported is None else _round_to_column(reported)
    if quantity != row.quantity:
        for name in ("liquidation_price", "unrealised"):
            values[name] = None if getattr(report, name) is None else values[name]
    values["margin_mode"] = report.margin_mode or row.margin_mode
    return values | _mark_values(row, report, values, at)


def _mark_values(
    row: Position, report: PositionReport, values: dict[str, Any], at: datetime
) -> dict[str, Any]:
    """Return the newest mark and the profit at it, so that both are always of one moment."""
    mark, mark_at = row.mark_price, row.mark_at
    is_newer = mark_at is None or at >= mark_at
    if is_newer and report.mark_price is not None:
        mark, mark_at = values["mark_price"], at
    gain = _value_position(row.symbol, values["quantity"], values["entry_price"], mark)
    if gain is None:
        gain = values["unrealised"]
        if is_newer and report.unrealised is not None:
            mark_at = at
    return {"mark_price": mark, "mark_at": mark_at, "unrealised": gain}


def _apply_values(row: Row, values: dict[str, Any], now: datetime) -> bool:
    """Write the values into the row; return True if its owner must be notified."""
    differs = {name for name, value in values.items() if getattr(row, name) != value}
    if not differs or (differs <= PRICES and now - row.changed_at < PRICES_EVERY):
        return False
    _write_values(row, values, now)
    return True


def _write_values(row: Row, values: dict[str, Any], now: datetime) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_at = now


def _save_rows(rows: Sequence[Any]) -> None:
    """Insert and update rows. The key is locked, so nobody else inserts the same row."""
    new = [row for row in rows if row.pk is None]
    old = [row for row in rows if row.pk is not None]
    if new:
        type(new[0]).objects.bulk_create(new)
    if old:
        type(old[0]).objects.bulk_update(old, _written_fields(old[0]))


def _written_fields(row: Row) -> Iterable[str]:
    constant_fields = {"id", "key", *("currency", "symbol", "side")}
    return [field.name for field in row._meta.concrete_fields if field.name not in constant_fields]


def _round_to_column(value: Decimal) -> Decimal:
    """Round as the column does, or the stored value would differ from each new report."""
    return value.quantize(STEP, context=EXACT)
