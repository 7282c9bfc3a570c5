"""Run a plan for one key: query the venue and collect its answers. Writes nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from exchanges.base import (
    Adapter,
    FillReport,
    NotFound,
    OrderReport,
    RateLimitError,
    RequestRefused,
    SymbolNotTraded,
    VenueDown,
    VenueError,
)
from exchanges.venue_row import Weights
from orders.checks.plan import CheckPlan, PendingOrder
from orders.submission import fetch_latest_report

ListQuery = tuple[str | None, bool]  # of a symbol or of all; whether of those that wait apart


@dataclass(slots=True)
class Answers:
    """Answers of a venue: found, confirmed absent and failed to ask are three different things."""

    reports: dict[int, OrderReport] = field(default_factory=dict)
    past_reports: dict[int, list[OrderReport]] = field(default_factory=dict)  # under names replaced
    absent: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)  # of a symbol that the venue does not know
    fills: dict[int, list[FillReport]] = field(default_factory=dict)
    unexpected: list[OrderReport] = field(default_factory=list)  # listed, and nobody asked for them
    is_full: bool = False  # every list that there is was read
    errors: list[VenueError] = field(default_factory=list)
    weight: int = 0

    @property
    def has_answers(self) -> bool:
        return bool(self.reports or self.absent or self.refused or self.fills)

    @contextmanager
    def collect_errors(self) -> Iterator[None]:
        """Collect an error of one query; only a wait ends the plan."""
        try:
            yield
        except RateLimitError:
            raise
        except VenueError as error:
            self.errors.append(error)


async def run_plan(venue: Adapter, plan: CheckPlan, weights: Weights, *, seconds: float) -> Answers:
    """Run the plan for at most so many seconds; the next sweep asks about the rest."""
    answers = Answers(weight=plan.weight)
    try:
        async with asyncio.timeout(seconds):
            await _run_steps(venue, plan, weights, answers)
    except TimeoutError:
        answers.errors.append(VenueDown("slow: the rest is asked next time"))
    except RateLimitError as error:  # nothing more may be asked; what was heard stays heard
        answers.errors.append(error)
    return answers


async def _run_steps(venue: Adapter, plan: CheckPlan, weights: Weights, answers: Answers) -> None:
    """Fetch lists, then the orders that they did not show, then missing fills."""
    missing = await _fetch_lists(venue, plan, answers)
    for order in (*plan.singles, *missing):
        await _fetch_order(venue, order, weights, answers)
    answers.weight += len(missing) * weights.one_order
    fetched_singly = {order.id for order in missing}
    for order in plan.listed:
        if order.id not in fetched_singly and (report := answers.reports.pop(order.id, None)):
            await _resolve_report(venue, order, report, weights, answers)
    for order in {*plan.singles, *plan.listed, *plan.fills}:
        await _fetch_former_names(venue, order, weights, answers)
    planned = {order.id for order in plan.fills}
    for order in (*plan.fills, *_select_lacking_fills(plan, answers)):
        await _fetch_fills(venue, order, answers)
        answers.weight += 0 if order.id in planned else weights.fills_of_order


async def _fetch_lists(venue: Adapter, plan: CheckPlan, answers: Answers) -> list[PendingOrder]:
    """Fetch the lists; return the orders missing in them.

    A missing order is only suspicious: cut pages and late replicas look the same.
    """
    read: set[ListQuery] = set()
    seen: dict[tuple[str, str], OrderReport] = {}  # ids are only unique within a symbol
    for symbol, conditional in _list_queries(plan):
        with answers.collect_errors():
            reports = await venue.fetch_open_orders(symbol, conditional=conditional)
            read.add((symbol, conditional))
            seen |= {(report.symbol, report.exchange_order_id): report for report in reports}
    by_our_name = {(report.symbol, report.client_order_id): report for report in seen.values()}
    missing = []
    for order in plan.listed:
        if not _is_covered(order, read):
            continue
        report = _match_report(order, seen, by_our_name)
        if report:
            answers.reports[order.id] = report
        else:
            missing.append(order)
    answers.is_full = plan.is_full and read == set(_list_queries(plan))
    matched = {id(report) for report in answers.reports.values()}
    answers.unexpected = [report for report in seen.values() if id(report) not in matched]
    return missing


def _list_queries(plan: CheckPlan) -> list[ListQuery]:
    lists: list[ListQuery] = [(symbol, False) for symbol in plan.lists]
    return [*lists, (None, True)] if plan.lists_conditional else lists


def _is_covered(order: PendingOrder, read: set[ListQuery]) -> bool:
    """Tell whether a list was read that would show this order, triggered or not."""
    if (None, True) in read and order.name.is_conditional:
        return True
    return not read.isdisjoint({(order.name.symbol, False), (None, False)})


def _match_report(
    order: PendingOrder,
    seen: dict[tuple[str, str], OrderReport],
    by_our_name: dict[tuple[str, str | None], OrderReport],
) -> OrderReport | None:
    """Match by the venue's id, then by ours, since a venue may give an order a new id."""
    name = order.name
    report = seen.get((name.symbol, name.exchange_order_id or ""))
    if report is None and (order.is_ours or name.is_conditional):
        report = by_our_name.get((name.symbol, name.client_order_id or None))
    return report


async def _fetch_order(
    venue: Adapter, order: PendingOrder, weights: Weights, answers: Answers
) -> None:
    with answers.collect_errors():
        try:
            report = await venue.fetch_order(order.name)
        except NotFound:
            answers.absent.append(order.id)
        except RequestRefused as error:
            if not order.is_delisted and not isinstance(error, SymbolNotTraded):
                raise
            answers.refused.append(order.id)
        else:
            await _resolve_report(venue, order, report, weights, answers)


async def _resolve_report(
    venue: Adapter, order: PendingOrder, report: OrderReport, weights: Weights, answers: Answers
) -> None:
    """Record a report, after checking that an ended order was not replaced by hand.

    A replaced order has ended under the id that we know and lives on under our own, so an end
    counts only once that is known: any error in here records nothing.
    """
    renamed = order.name.exchange_order_id not in (None, report.exchange_order_id)
    may_live_on = order.is_ours and not order.name.is_conditional
    if not may_live_on or not (renamed or report.status == "canceled"):
        answers.reports[order.id] = report
        return
    answers.weight += weights.one_order
    latest = report
    with answers.collect_errors():  # then it is not known which is true: asked next time
        with suppress(NotFound):  # the venue has forgotten the name before
            if renamed:
                former = await venue.fetch_order(order.name)
            else:
                former, latest = report, await fetch_latest_report(venue, order.name, report)
            if former.exchange_order_id != latest.exchange_order_id:
                answers.past_reports[order.id] = [await _build_past_report(venue, order, former)]
        answers.reports[order.id] = latest


async def _fetch_former_names(
    venue: Adapter, order: PendingOrder, weights: Weights, answers: Answers
) -> None:
    for name in order.former:
        former_name = replace(order.name, exchange_order_id=name)
        answers.weight += weights.one_order + weights.fills_of_order
        # In both cases nothing more can be known of it.
        with answers.collect_errors(), suppress(NotFound, SymbolNotTraded):
            former = await venue.fetch_order(former_name)
            fills = tuple(await venue.fetch_fills(former_name)) if former.filled else ()
            answers.past_reports.setdefault(order.id, []).append(replace(former, fills=fills))


async def _build_past_report(
    venue: Adapter, order: PendingOrder, former: OrderReport
) -> OrderReport:
    """Build the report of a former id with its fills; its end did not end the order."""
    fills: tuple[FillReport, ...] = ()
    if former.filled and former.filled > order.fills_quantity:
        name = replace(order.name, exchange_order_id=former.exchange_order_id)
        fills = tuple(await venue.fetch_fills(name))
    return replace(former, status="new", fills=fills)


async def _fetch_fills(venue: Adapter, order: PendingOrder, answers: Answers) -> None:
    report = answers.reports.get(order.id)
    name = replace(order.name, exchange_order_id=report.exchange_order_id) if report else order.name
    with answers.collect_errors():
        try:
            answers.fills[order.id] = list(await venue.fetch_fills(name))
        except (NotFound, SymbolNotTraded):
            answers.fills[order.id] = []


def _select_lacking_fills(plan: CheckPlan, answers: Answers) -> list[PendingOrder]:
    """Select orders that are filled further than their recorded fills show."""
    planned = {order.id for order in plan.fills}
    candidates = [order for order in (*plan.listed, *plan.singles) if order.id not in planned]
    return [order for order in candidates if _known_filled(order, answers) > order.fills_quantity]


def _known_filled(order: PendingOrder, answers: Answers) -> Decimal:
    report = answers.reports.get(order.id)
    return max(order.filled, (report.filled if report else None) or order.filled)
