"""State file: one SQLite file, written before a request is acknowledged."""

import dataclasses
import json
import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from exchanges.simulator.accounts.accounts import Account, Balance, Permissions
from exchanges.simulator.accounts.ledger import Income
from exchanges.simulator.accounts.positions import Position
from exchanges.simulator.engine.changes import Changes
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.market import Market
from exchanges.simulator.markets.order_book import Liquidity
from exchanges.simulator.markets.regime import Regime
from exchanges.simulator.markets.symbols import make_listing
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Fill, NewOrder, Order
from exchanges.simulator.orders.triggers import Trigger

# No other process should write here, so a lock is not worth waiting for.
LOCK_SECONDS = 0.5
MARKET_COUNTERS = ("next_order_id", "next_trade_id", "steps", "update_id")

SCHEMA = """
create table if not exists account (key text primary key, body text not null);
create table if not exists ordering (
    symbol text, id integer, sequence integer, body text not null, primary key (symbol, id)
);
create table if not exists fill (
    symbol text, id integer, order_id integer, body text not null,
    primary key (symbol, id, order_id)
);
create table if not exists waiting (id integer primary key, body text not null);
create table if not exists income (id integer primary key, body text not null);
create table if not exists market (symbol text primary key, body text not null);
create table if not exists venue (name text primary key, body text not null);
"""


DELETE_ORDERS = """
delete from ordering
where json_extract(body, '$.status') not in ('NEW', 'PARTIALLY_FILLED')
and json_extract(body, '$.updated') < ?
"""
DELETE_WAITING = """
delete from waiting
where json_extract(body, '$.status') <> 'NEW' and json_extract(body, '$.updated') < ?
"""
DELETE_FILLS = """
delete from fill where not exists (
    select 1 from ordering where ordering.symbol = fill.symbol and ordering.id = fill.order_id
)
"""


class Store:
    """The state file. Each save is one transaction, so a kill never leaves half a request."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=LOCK_SECONDS)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.executescript(SCHEMA)

    def save(self, engine: Engine, changes: Changes) -> None:
        with self._db:
            self._db.execute("begin immediate")
            self._write_changes(engine, changes)

    def _write_changes(self, engine: Engine, changes: Changes) -> None:
        accounts = changes.accounts.values()
        self._replace_rows("account", ((account.key, to_json(account)) for account in accounts))
        orders = changes.orders.values()
        self._replace_rows("ordering", ((o.symbol, o.id, o.sequence, to_json(o)) for o in orders))
        self._replace_rows("waiting", ((w.id, to_json(w)) for w in changes.waiting.values()))
        fills = changes.fills
        self._replace_rows("fill", ((f.symbol, f.id, f.order_id, to_json(f)) for f in fills))
        self._replace_rows("income", ((row.id, to_json(row)) for row in changes.income))
        markets = changes.markets.values()
        self._replace_rows("market", ((m.symbol.name, _dump_market(m)) for m in markets))
        self._replace_rows("venue", [("counters", _dump_venue(engine))])

    def load(self, engine: Engine) -> None:
        for body in self._read_bodies("account", "key"):
            account = _build_account(body)
            engine.accounts[account.key] = account
        for body in self._read_bodies("market", "symbol"):
            _restore_market(engine, body)
        for body in self._read_bodies("ordering", "sequence"):
            order = _build_order(body)
            engine.records.add_order(order)
            if order.is_open:
                engine.rest_order(order)
        for body in self._read_bodies("waiting", "id"):
            engine.conditional.add(_build_waiting_order(body))
            engine.conditional.next_id = body["id"] + 1
        for body in self._read_bodies("fill", "rowid"):
            engine.records.add_fill(_build_record(Fill, body))
        for body in self._read_bodies("income", "id"):
            engine.ledger.add_income(_build_record(Income, body))
        for body in self._read_bodies("venue", "name"):
            _restore_venue(engine, body)

    def delete_ended_before(self, time: int) -> int:
        """Delete orders that ended before `time` and their fills; return the number of orders."""
        with self._db:
            self._db.execute("begin immediate")
            deleted = self._db.execute(DELETE_ORDERS, (time,)).rowcount
            self._db.execute(DELETE_FILLS)
            self._db.execute(DELETE_WAITING, (time,))
        return deleted

    def clear(self) -> None:
        with self._db:
            self._db.execute("begin immediate")
            for table in ("account", "ordering", "waiting", "fill", "income", "market", "venue"):
                self._db.execute(f"delete from {table}")  # noqa: S608 - names from the line above

    def close(self) -> None:
        self._db.close()

    def _replace_rows(self, table: str, rows: Iterable[tuple[str | int, ...]]) -> None:
        for row in rows:
            marks = ", ".join("?" * len(row))
            self._db.execute(f"replace into {table} values ({marks})", row)  # noqa: S608

    def _read_bodies(self, table: str, order: str) -> list[dict[str, Any]]:
        rows = self._db.execute(f"select body from {table} order by {order}")  # noqa: S608
        return [json.loads(body) for (body,) in rows]


def to_json(record: Account | Order | WaitingOrder | Fill | Income) -> str:
    return _dump_body(dataclasses.asdict(record))


def _dump_body(body: dict[str, Any]) -> str:
    # Decimals become strings, so that every digit survives.
    return json.dumps(body, default=str)


Record = TypeVar("Record", Order, Fill, NewOrder, Trigger, WaitingOrder, Position, Income)


def _build_record(kind: type[Record], body: dict[str, Any]) -> Record:
    for field in dataclasses.fields(kind):
        if field.type is Decimal and field.name in body:  # older files lack some fields
            body[field.name] = Decimal(body[field.name])
    return kind(**body)


def _build_order(body: dict[str, Any]) -> Order:
    trigger = body.get("trigger")
    body.setdefault("working_since", body["created"])
    return _build_record(Order, body | {"trigger": trigger and _build_record(Trigger, trigger)})


def _build_waiting_order(body: dict[str, Any]) -> WaitingOrder:
    # Files from before the fields got their present names.
    for old_name, name in (("wish", "request"), ("became", "order_id")):
        if old_name in body:
            body[name] = body.pop(old_name)
    request = _build_record(NewOrder, body["request"])
    trigger = _build_record(Trigger, body["trigger"])
    return _build_record(WaitingOrder, body | {"request": request, "trigger": trigger})


def _build_account(body: dict[str, Any]) -> Account:
    balances, positions = body.pop("balances"), body.pop("positions", {})
    for name in ("maker_fee", "taker_fee", "contract_maker_fee", "contract_taker_fee", "wallet"):
        if name in body:
            body[name] = Decimal(body[name])
    body["permissions"] = Permissions(**body["permissions"])
    account = Account(**body)
    for asset, amounts in balances.items():
        account.balances[asset] = Balance(Decimal(amounts["free"]), Decimal(amounts["locked"]))
    account.positions = {n: _build_record(Position, row) for n, row in positions.items()}
    return account


def _dump_market(market: Market) -> str:
    counters = {name: getattr(market, name) for name in MARKET_COUNTERS}
    liquidity = {"depth": market.liquidity.depth, "levels": market.liquidity.levels}
    regime = {"regime": dataclasses.asdict(market.regime)}
    return _dump_body(
        {"symbol": market.symbol.name, "price": market.price, **liquidity, **counters, **regime}
    )


def _restore_market(engine: Engine, body: dict[str, Any]) -> None:
    if body["symbol"] not in engine.markets:
        engine.list_symbol(make_listing(body["symbol"]))
    market = engine.markets[body["symbol"]]
    market.price = Decimal(body["price"])
    market.liquidity = Liquidity(Decimal(body["depth"]), body["levels"])
    for name in MARKET_COUNTERS:
        setattr(market, name, body[name])
    market.refill_levels()
    regime = body.get("regime", {}).items()
    market.regime = Regime(**{name: value and Decimal(value) for name, value in regime})


def _dump_venue(engine: Engine) -> str:
    counters = {"sequence": engine.sequence, "events": engine.events}
    ledger = {"funded_at": engine.ledger.funded_at, "funding_rates": engine.ledger.rates}
    return _dump_body({**counters, **ledger, "house": engine.house, "fees": engine.fees})


def _restore_venue(engine: Engine, body: dict[str, Any]) -> None:
    engine.sequence = body["sequence"]
    engine.events = body["events"]
    engine.ledger.funded_at = body.get("funded_at", 0)
    rates = body.get("funding_rates", {})
    engine.ledger.rates.update({name: Decimal(rate) for name, rate in rates.items()})
    engine.house.update({asset: Decimal(value) for asset, value in body["house"].items()})
    engine.fees.update({asset: Decimal(value) for asset, value in body["fees"].items()})
