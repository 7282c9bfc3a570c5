"""The health check: every 30 seconds a worker asks what only it can ask, and all is recorded.

It asks the venues of keys in use for their time, the pages at their public address, and each queue
for a round trip. The rest is judged as it is whenever somebody looks (present.py).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.utils import timezone

from exchanges.instruments import VenueMarket
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.models import ExchangeKey
from operations.health import history, judge, stored
from operations.health.facts import InstallationFacts, collect_facts
from operations.health.probes import queues, round_trips
from operations.health.probes.round_trips import PartSilent
from operations.health.series import measure
from operations.health.service_status import ServiceStatus, to_ms
from operations.health.stored import StoredCheck, StoredResult

log = structlog.get_logger(__name__)

SLOW_SECONDS: Final = 3.0  # an answer that took longer is worth a word
CLOCK_MS: Final = 2_000
TIME_WEIGHT: Final = 1


def run_check(now: datetime) -> None:
    """Measure, judge and record all services. A second check right after another is left out."""
    last = stored.read_from_redis()
    if last is not None and now - last.at < timedelta(seconds=10):
        return
    queues.send_echoes()
    measured = _measure_venues(now) | _measure_pages()
    facts = collect_facts(timezone.now())
    facts.check = StoredCheck(facts.now, _carry_over(last, facts, measured))
    services = judge.judge_services(facts)
    check = StoredCheck(facts.now, {row.service: _store_result(row) for row in services})
    stored.write_to_redis(check)
    history.record_check(services, at=facts.now)
    measure.record_figures(facts, {row.service: row.response_ms for row in services})
    not_well = {row.service: row.reason for row in services if row.status != "healthy"}
    log.info("health checked", services=len(services), not_well=not_well)


def _carry_over(
    last: StoredCheck | None, facts: InstallationFacts, measured: dict[str, StoredResult]
) -> dict[str, StoredResult]:
    """Return what was measured now, with the last successes of before."""
    before = last.services if last else {}
    results = dict(before)
    for name, result in measured.items():
        if result.status == "healthy":
            success: datetime | None = facts.now
        else:
            success = before[name].last_success if name in before else None
        results[name] = StoredResult(
            result.status, result.reason, result.response_ms, success, result.details
        )
    return results


def _store_result(service: ServiceStatus) -> StoredResult:
    return StoredResult(
        service.status, service.reason, service.response_ms, service.last_success, service.details
    )


def _measure_pages() -> dict[str, StoredResult]:
    try:
        seconds = round_trips.ask_pages(settings.FILLWATCH_URL)
    except PartSilent as error:
        reason = f"{settings.FILLWATCH_URL} {error}."
        return {"pages": StoredResult("down", reason, None, None, {})}
    return {"pages": StoredResult("healthy", "", to_ms(seconds), None, {})}


def _measure_venues(now: datetime) -> dict[str, StoredResult]:
    """Ask each market of an active key for its time; one that we may not ask is left alone."""
    from exchanges import pool  # brings ccxt, which web processes never load

    keys = ExchangeKey.objects.filter(is_active=True).only("venue", "market", "is_paper")
    markets = sorted({key.venue_market for key in keys})
    asked = pool.measure_clocks(_select_open(markets, now))
    results: dict[str, StoredResult] = {}
    for market in markets:
        if market not in asked:
            results[f"venue-{market}"] = StoredResult("healthy", "", None, None, {})
        else:
            results[f"venue-{market}"] = _read_answer(asked[market])
    return results


def _select_open(markets: Iterable[VenueMarket], now: datetime) -> list[VenueMarket]:
    return [
        market
        for market in markets
        if bans.get_market_ban(market, now=now) is None
        and circuit_breaker.get_end(market, now=now) is None
        and weight_budget.try_spend(market, TIME_WEIGHT, now=now)
    ]


def _read_answer(answer: Any) -> StoredResult:
    if isinstance(answer, Exception):
        reason = f"It does not answer: {answer}"[:250]
        return StoredResult("down", reason, None, None, {})
    if answer is None:  # a venue that tells no time: checks of orders show how it is
        return StoredResult("healthy", "", None, None, {})
    details = {"clock_offset_ms": answer.offset_ms}
    took = to_ms(answer.seconds)
    if abs(answer.offset_ms) > CLOCK_MS:
        reason = f"This machine's clock differs from the venue's by {answer.offset_ms} ms."
        return StoredResult("degraded", reason, took, None, details)
    if answer.seconds > SLOW_SECONDS:
        reason = f"It took {answer.seconds:.1f} s to answer."
        return StoredResult("degraded", reason, took, None, details)
    return StoredResult("healthy", "", took, None, details)
