"""Carries a plan out for one key: asks the venue, collects answers. Writes nothing."""

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal

from exchanges.base import (
    Adapter,
    FillReport,
    NotFound,
    OrderReport,
    RateLimitError,
    VenueDown,
    VenueError,
    Weights,
)
from orders.checks.plan import CheckPlan, PendingOrder
from orders.submission import fetch_latest_report

ListQuery = tuple[str | None, bool]  # of a symbol or of all; whether of those that wait apart


@dataclass(slots=True)
class Answers:
    """Found, confirmed absent, or could not ask: three different things."""

    reports: dict[int, OrderReport] = field(default_factory=dict)
    before: dict[int, list[OrderReport]] = field(default_factory=dict)  # under names replaced
    absent: list[int] = field(default_factory=list)
    fills: dict[int, list[FillReport]] = field(default_factory=dict)
    others: list[OrderReport] = field(default_factory=list)  # in a list, and nobody asked for them
    is_whole: bool = False  # every list that there is was read
    errors: list[VenueError] = field(default_factory=list)
    weight: int = 0

    @property
    def heard(self) -> bool:
        return bool(self.reports or self.absent or self.fills)


async def run_plan(venue: Adapter, plan: CheckPlan, weights: Weights, *, seconds: float) -> Answers:
    """What can be asked in so many seconds; the rest has its turn in the next round."""
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
    """Lists, then whoever they did not show, then the missing executed parts."""
    missing = await _fetch_lists(venue, plan, answers)
    for order in (*plan.singles, *missing):
        await _fetch_order(venue, order, weights, answers)
    answers.weight += len(missing) * weights.one_order
    asked = {order.id for order in missing}
    for order in plan.listed:
        if order.id not in asked and (report := answers.reports.pop(order.id, None)):
            await _resolve_report(venue, order, report, weights, answers)
    for order in {*plan.singles, *plan.listed, *plan.fills}:
        await _fetch_former_names(venue, order, weights, answers)
    planned = {order.id for order in plan.fills}
    for order in (*plan.fills, *_select_lacking_fills(plan, answers)):
        await _fetch_fills(venue, order, answers)
        answers.weight += 0 if order.id in planned else weights.fills_of_order


async def _fetch_lists(venue: Adapter, plan: CheckPlan, answers: Answers) -> list[PendingOrder]:
    """Whoever is not in a list is only suspicious: cut pages and late copies look the same."""
    asked: set[ListQuery] = set()
    seen: dict[tuple[str, str], OrderReport] = {}  # ids are only unique within a symbol
    for symbol, waiting in _list_queries(plan):
        try:
            reports = await venue.fetch_open_orders(symbol, conditional=waiting)
        except RateLimitError:
            raise
        except VenueError as error:
            answers.errors.append(error)
            continue
        asked.add((symbol, waiting))
        seen |= {(report.symbol, report.exchange_order_id): report for report in reports}
    by_our_name = {(report.symbol, report.client_order_id): report for report in seen.values()}
    missing = []
    for order in plan.listed:
        if not _is_covered(order, asked):
            continue
        found = _match_report(order, seen, by_our_name)
        if found:
            answers.reports[order.id] = found
        else:
            missing.append(order)
    answers.is_whole = plan.whole and asked == set(_list_queries(plan))
    taken = {id(report) for report in answers.reports.values()}
    answers.others = [report for report in seen.values() if id(report) not in taken]
    return missing


def _list_queries(plan: CheckPlan) -> list[ListQuery]:
    lists: list[ListQuery] = [(symbol, False) for symbol in plan.lists]
    return [*lists, (None, True)] if plan.waiting else lists


def _is_covered(order: PendingOrder, asked: set[ListQuery]) -> bool:
    """Whether a list was read that would show it; one that waits may have moved to the other."""
    if (None, True) in asked and order.name.is_conditional:
        return True
    return not asked.isdisjoint({(order.name.symbol, False), (None, False)})


def _match_report(
    order: PendingOrder,
    seen: dict[tuple[str, str], OrderReport],
    by_our_name: dict[tuple[str, str | None], OrderReport],
) -> OrderReport | None:
    """By the venue's name; by ours too, since a venue may give an order another name."""
    name = order.name
    found = seen.get((name.symbol, name.exchange_order_id or ""))
    if found is None and (order.is_ours or name.is_conditional):
        found = by_our_name.get((name.symbol, name.client_order_id or None))
    return found


async def _fetch_order(
    venue: Adapter, order: PendingOrder, weights: Weights, answers: Answers
) -> None:
    try:
        report = await venue.fetch_order(order.name)
    except NotFound:
        answers.absent.append(order.id)
    except RateLimitError:
        raise
    except VenueError as error:
        answers.errors.append(error)
    else:
        await _resolve_report(venue, order, report, weights, answers)


async def _resolve_report(
    venue: Adapter, order: PendingOrder, report: OrderReport, weights: Weights, answers: Answers
) -> None:
    """Replaced by hand, an order has ended under the name that we know, and lives on under ours.

    So an end is no answer before that is known: whatever breaks in here leaves none behind.
    """
    renamed = order.name.exchange_order_id not in (None, report.exchange_order_id)
    may_live_on = order.is_ours and not order.name.is_conditional
    if not may_live_on or not (renamed or report.status == "canceled"):
        answers.reports[order.id] = report
        return
    answers.weight += weights.one_order
    now = report
    try:
        if renamed:
            was = await venue.fetch_order(order.name)
        else:
            was, now = report, await fetch_latest_report(venue, order.name, report)
        if was.exchange_order_id != now.exchange_order_id:
            answers.before[order.id] = [await _build_past_report(venue, order, was)]
    except RateLimitError:
        raise
    except NotFound:  # the venue has forgotten the name before
        answers.reports[order.id] = now
    except VenueError as error:  # then it is not known which is true: asked next time
        answers.errors.append(error)
    else:
        answers.reports[order.id] = now


async def _fetch_former_names(
    venue: Adapter, order: PendingOrder, weights: Weights, answers: Answers
) -> None:
    for name in order.former:
        named = replace(order.name, exchange_order_id=name)
        answers.weight += weights.one_order + weights.fills_of_order
        try:
            was = await venue.fetch_order(named)
            fills = tuple(await venue.fetch_fills(named)) if was.filled else ()
        except RateLimitError:
            raise
        except NotFound:
            continue  # nothing more can be known of it
        except VenueError as error:
            answers.errors.append(error)
        else:
            answers.before.setdefault(order.id, []).append(replace(was, fills=fills))


async def _build_past_report(venue: Adapter, order: PendingOrder, was: OrderReport) -> OrderReport:
    """What was executed under that name; that it ended was no end of the order."""
    fills: tuple[FillReport, ...] = ()
    if was.filled and was.filled > order.fills_quantity:
        name = replace(order.name, exchange_order_id=was.exchange_order_id)
        fills = tuple(await venue.fetch_fills(name))
    return replace(was, status="new", fills=fills)


async def _fetch_fills(venue: Adapter, order: PendingOrder, answers: Answers) -> None:
    report = answers.reports.get(order.id)
    name = replace(order.name, exchange_order_id=report.exchange_order_id) if report else order.name
    try:
        answers.fills[order.id] = list(await venue.fetch_fills(name))
    except RateLimitError:
        raise
    except NotFound:
        answers.fills[order.id] = []
    except VenueError as error:
        answers.errors.append(error)


def _select_lacking_fills(plan: CheckPlan, answers: Answers) -> list[PendingOrder]:
    """Orders that were executed further than their recorded fills show."""
    already = {order.id for order in plan.fills}
    asked = [order for order in (*plan.listed, *plan.singles) if order.id not in already]
    return [order for order in asked if _known_filled(order, answers) > order.fills_quantity]


def _known_filled(order: PendingOrder, answers: Answers) -> Decimal:
    report = answers.reports.get(order.id)
    return max(order.filled, (report.filled if report else None) or order.filled)
