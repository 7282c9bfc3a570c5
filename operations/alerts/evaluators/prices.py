"""Price above or below a limit. Stale prices say nothing: alerts neither begin nor end by them."""

from decimal import Decimal

import redis
import structlog

from operations.alerts.evaluators.findings import (
    Evaluation,
    Finding,
    RuleBatch,
    is_above,
    is_below,
    name_limit,
)
from operations.models import AlertRule
from realtime import prices
from realtime.prices import Quote
from realtime.values import format_money
from users.languages.text import Phrase

log = structlog.get_logger(__name__)
NO_ROOM = Phrase("Its market is not followed: as many are watched there as this server follows.")


def evaluate_above(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, is_up=True)


def evaluate_below(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, is_up=False)


def _evaluate(batch: RuleBatch, *, is_up: bool) -> Evaluation:
    names = sorted({rule.read_text("instrument") for rule in batch.rules})
    refused = _watch(names)
    quotes = prices.read_quotes(names, now=batch.now)
    evaluation = Evaluation()
    for rule in batch.rules:
        name = rule.read_text("instrument")
        quote = quotes.get(name)
        if quote is None or quote.is_stale:
            reason = NO_ROOM if name in refused else _explain_silence(name, quote)
            evaluation.note_unknown(rule, reason)
        else:
            _compare(evaluation, batch, rule, quote, is_up=is_up)
    return evaluation


def _watch(names: list[str]) -> frozenset[str]:
    """Have these markets followed, as long as rules ask every few seconds."""
    try:
        return prices.request_following(names)
    except redis.RedisError as error:
        log.warning("could not watch markets", error=str(error))
        return frozenset()


def _explain_silence(name: str, quote: Quote | None) -> str:
    if quote is None:
        return Phrase(
            "There is no price of %(instrument)s yet. It is followed from now on.", instrument=name
        )
    return Phrase(
        "The price of %(instrument)s is stale since %(time)s UTC.",
        instrument=name,
        time=f"{quote.at:%H:%M:%S}",
    )


def _compare(
    evaluation: Evaluation, batch: RuleBatch, rule: AlertRule, quote: Quote, *, is_up: bool
) -> None:
    name, limit = rule.read_text("instrument"), Decimal(rule.read_text("value"))
    clear = Decimal(rule.read_text("clear"))
    compare = is_above if is_up else is_below
    price = format_money(quote.price)
    waits = name_limit(limit, is_up=is_up)
    evaluation.reasons[rule.pk] = Phrase(
        "%(market)s is at %(price)s; the rule waits for %(limit)s.",
        market=name,
        price=price,
        limit=waits,
    )
    if compare(quote.price, limit, clear, is_open=batch.is_open(rule, name)):
        evaluation.findings.append(
            Finding(
                rule_id=rule.pk,
                subject=name,
                title=Phrase("%(market)s is %(limit)s", market=name, limit=waits),
                message=Phrase(
                    "It is at %(price)s. “%(rule)s” ends at %(end)s.",
                    price=price,
                    rule=rule.name,
                    end=format_money(clear),
                ),
                link="/orders/",
            )
        )
