"""Compare a run's orders, money and turns with the venue's once it is calm."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bots.income import totals
from bots.income.totals import IncomeSums
from bots.models import BotOrder, PnlBook
from orders.models import Order
from tests.bots.endurance.plans import VenueOrderRow
from tests.bots.endurance.runs import Run
from tests.failures.harness.comparison import find_differences

ZERO = Decimal(0)


def find_run_differences(run: Run) -> list[str]:
    return [
        *find_differences(run.simulator, run.key, run.market),
        *_compare_names(run),
        *_compare_money(run),
        *_compare_bot_orders(run),
        *run.plan.count(read_rows(run), run.plan.settings),
    ]


def read_rows(run: Run) -> list[VenueOrderRow]:
    """Orders and those that wait apart, as one list; what became of a waiting one is that one."""
    kept: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for trade in run.rows_at_venue("trades"):
        if trade["commissionAsset"] == "BTC":
            kept[trade["symbol"], trade["orderId"]] += Decimal(trade["commission"])
    orders = [
        _order_row(row, kept[row["symbol"], row["orderId"]]) for row in run.rows_at_venue("orders")
    ]
    known = {row.name for row in orders}
    apart = [
        _conditional_row(one)
        for one in run.rows_at_venue("waiting")
        if one["clientOrderId"] not in known
    ]
    placed = {name: place for place, name in enumerate(_order_names(run))}
    return sorted([*orders, *apart], key=lambda row: placed.get(row.name, -1))


def _order_names(run: Run) -> list[str]:
    """In the order in which they were written down here."""
    found = Order.objects.filter(bot=run.bot).order_by("pk")
    return list(found.values_list("client_order_id", flat=True))


def _compare_names(run: Run) -> Iterator[str]:
    """Whatever is at the venue we have, and whatever we say is open is there."""
    theirs, ours = {row.name for row in read_rows(run)}, set(_order_names(run))
    if theirs - ours:
        yield f"only at the venue: {sorted(theirs - ours)}"
    standing = {row.name for row in read_rows(run) if row.is_open}
    waiting = Order.objects.filter(bot=run.bot, ended_at=None)
    if standing != set(waiting.values_list("client_order_id", flat=True)):
        yield f"open there {sorted(standing)}, here {list(waiting)}"


def _compare_money(run: Run) -> Iterator[str]:
    """Compare each PnL book with the account's change, to the last digit."""
    before, after = run.began_with, run.money()
    change = {name: after[name] - before.get(name, ZERO) for name in after}
    for book in PnlBook.objects.filter(key=run.key):
        whose = "the bot's" if book.bot_id else "the key's"
        earned = book.gross - book.fees
        income = sum_income(run, bot=book.bot_id)
        if run.market.market == "futures":
            if run.position() == 0 and (earned + income, book.held) != (change["wallet"], ZERO):
                yield (
                    f"{whose} book {earned} with {income} of funding and {book.held},"
                    f" the wallet {change['wallet']}"
                )
        elif (earned - book.cost, book.held) != (change["USDT"], change["BTC"]):
            yield f"{whose} book {earned} - {book.cost} and {book.held}, the account {change}"
    if run.fills() and PnlBook.objects.filter(key=run.key).count() != 2:
        yield "a book is missing"


def sum_income(run: Run, *, bot: int | None) -> Decimal:
    """Add up the funding of the bot, or of the key; nobody else holds anything here."""
    sums = totals.sum_by_currency(totals.filter_income(run.key.user_id, bot=bot, key=run.key.pk))
    return sums.get((True, "USDT"), IncomeSums()).both


def _compare_bot_orders(run: Run) -> Iterator[str]:
    """Each turn of a lane has one order, each order one turn; none of a lane is left out."""
    lanes: dict[tuple[int, str], list[int]] = defaultdict(list)
    for act in BotOrder.objects.filter(bot=run.bot).order_by("pk"):
        lanes[act.run, act.slot].append(act.turn)
    for lane, turns in lanes.items():
        if sorted(set(turns)) != turns:
            yield f"turns of {lane}: {turns}"
    if BotOrder.objects.filter(bot=run.bot).count() != Order.objects.filter(bot=run.bot).count():
        yield "an order without an act"


def _order_row(row: dict[str, Any], kept: Decimal) -> VenueOrderRow:
    return VenueOrderRow(
        name=row["clientOrderId"],
        side=row["side"],
        type=row["type"],
        quantity=Decimal(row["origQty"]),
        executed=Decimal(row["executedQty"]),
        kept=kept if row["side"] == "BUY" else ZERO,
        price=Decimal(row["price"]),
        status=row["status"],
        at=row["time"],
        changed_at=row["updateTime"],
    )


def _conditional_row(one: dict[str, Any]) -> VenueOrderRow:
    return VenueOrderRow(
        name=one["clientOrderId"],
        side=one["side"],
        type=one["kind"],
        quantity=Decimal(one["quantity"]),
        executed=ZERO,
        kept=ZERO,
        price=ZERO,
        status=one["status"],
        at=0,
        changed_at=0,
    )
