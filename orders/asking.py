"""Carries a plan out for one key: asks the venue, collects answers. Writes nothing."""

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal

from exchanges.base import (
    FillReport,
    NotFound,
    OrderReport,
    Throttled,
    Venue,
    VenueDown,
    VenueError,
)
from exchanges.weights import Weights
from orders.monitor import Plan, Watched


@dataclass(slots=True)
class Answers:
    """Found, confirmed absent, or could not ask: three different things."""

    reports: dict[int, OrderReport] = field(default_factory=dict)
    absent: list[int] = field(default_factory=list)
    fills: dict[int, list[FillReport]] = field(default_factory=dict)
    errors: list[VenueError] = field(default_factory=list)
    weight: int = 0

    @property
    def heard(self) -> bool:
        return bool(self.reports or self.absent or self.fills)


async def ask(venue: Venue, plan: Plan, weights: Weights, *, seconds: float) -> Answers:
    """What can be asked in so many seconds; the rest has its turn in the next round."""
    answers = Answers(weight=plan.weight)
    try:
        async with asyncio.timeout(seconds):
            await _ask(venue, plan, weights, answers)
    except TimeoutError:
        answers.errors.append(VenueDown("slow: the rest is asked next time"))
    except Throttled as error:  # nothing more may be asked; what was heard stays heard
        answers.errors.append(error)
    return answers


async def _ask(venue: Venue, plan: Plan, weights: Weights, answers: Answers) -> None:
    """Lists, then whoever they did not show, then the missing executed parts."""
    missing = await _ask_lists(venue, plan, answers)
    for order in (*plan.singles, *missing):
        await _ask_one(venue, order, answers)
    answers.weight += len(missing) * weights.one_order
    for order in (*plan.fills, *_lacking_fills(plan, answers)):
        await _ask_fills(venue, order, answers)
        answers.weight += 0 if order in plan.fills else weights.fills_of_order


async def _ask_lists(venue: Venue, plan: Plan, answers: Answers) -> list[Watched]:
    """Whoever is not in a list is only suspicious: cut pages and late copies look the same."""
    asked: set[str | None] = set()
    seen: dict[tuple[str, str | None], OrderReport] = {}  # ids are only unique within a symbol
    for symbol in plan.lists:
        try:
            reports = await venue.open_orders(symbol)
        except Throttled:
            raise
        except VenueError as error:
            answers.errors.append(error)
            continue
        asked.add(symbol)
        for report in reports:
            seen[report.symbol, report.exchange_order_id] = report
            seen[report.symbol, report.client_order_id] = report
    missing = []
    for order in plan.listed:
        if asked.isdisjoint((order.name.symbol, None)):
            continue  # could not ask
        name = order.name
        found = seen.get((name.symbol, name.exchange_order_id or name.client_order_id))
        if found:
            answers.reports[order.id] = found
        else:
            missing.append(order)
    return missing


async def _ask_one(venue: Venue, order: Watched, answers: Answers) -> None:
    try:
        answers.reports[order.id] = await venue.order(order.name)
    except NotFound:
        answers.absent.append(order.id)
    except Throttled:
        raise
    except VenueError as error:
        answers.errors.append(error)


async def _ask_fills(venue: Venue, order: Watched, answers: Answers) -> None:
    report = answers.reports.get(order.id)
    name = replace(order.name, exchange_order_id=report.exchange_order_id) if report else order.name
    try:
        answers.fills[order.id] = list(await venue.fills(name))
    except Throttled:
        raise
    except VenueError as error:
        answers.errors.append(error)


def _lacking_fills(plan: Plan, answers: Answers) -> list[Watched]:
    """Orders that were executed further than their recorded fills show."""
    asked = (*plan.listed, *plan.singles)
    return [order for order in asked if _executed(order, answers) > order.fills_quantity]


def _executed(order: Watched, answers: Answers) -> Decimal:
    report = answers.reports.get(order.id)
    return max(order.filled, (report.filled if report else None) or order.filled)
