"""The fall of a portfolio's value from its peak, in per cent. Withdrawals count as a fall."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from operations.alerts.evaluators.findings import PAPER, Evaluation, Finding, RuleBatch, is_above
from operations.models import AlertRule
from realtime.values import format_money
from users.languages.text import CountPhrase, Phrase

OLDEST: Final = timedelta(minutes=30)  # of the newest value; an older one says nothing of now
CENT: Final = Decimal("0.01")
NO_VALUE: Final = Phrase("The portfolio has no value of the last 30 minutes.")
FIND_FALLS: Final = """
SELECT wanted.number, max(point.value), (array_agg(point.value ORDER BY point.at DESC))[1],
    max(point.at)
FROM unnest(%s::int[], %s::bigint[], %s::boolean[], %s::timestamptz[])
    AS wanted (number, user_id, is_paper, since)
JOIN bots_portfoliovalue AS point ON point.user_id = wanted.user_id
    AND point.is_paper = wanted.is_paper AND point.at >= wanted.since
GROUP BY wanted.number
"""


def evaluate_drawdown(batch: RuleBatch) -> Evaluation:
    """Compare the newest value of each portfolio with its peak; equal periods are read once."""
    keys = [
        (rule.user_id, bool(rule.conditions.get("simulated")), rule.read_number("days") or 1)
        for rule in batch.rules
    ]
    wanted = list(dict.fromkeys(keys))
    arguments: list[Any] = [
        list(range(len(wanted))),
        [key[0] for key in wanted],
        [key[1] for key in wanted],
        [batch.now - timedelta(days=key[2]) for key in wanted],
    ]
    with connection.cursor() as cursor:
        cursor.execute(FIND_FALLS, arguments)
        falls = {wanted[row[0]]: row[1:] for row in cursor.fetchall()}
    evaluation = Evaluation()
    for rule, key in zip(batch.rules, keys, strict=True):
        peak, value, at = falls.get(key, (None, None, None))
        if at is None or at < batch.now - OLDEST or peak <= 0:
            evaluation.note_unknown(rule, NO_VALUE)
            continue
        percent = ((peak - value) / peak * 100).quantize(CENT)
        limit, clear = Decimal(rule.read_text("percent")), Decimal(rule.read_text("clear"))
        text = _describe_fall(percent, key[2])
        evaluation.reasons[rule.pk] = Phrase(
            "%(fall)s; the rule waits for %(limit)s %%.", fall=text, limit=format_money(limit)
        )
        if is_above(percent, limit, clear, is_open=batch.is_open(rule, "portfolio")):
            evaluation.findings.append(_make_finding(rule, percent, text, is_paper=key[1]))
    return evaluation


def _make_finding(rule: AlertRule, percent: Decimal, fall: Phrase, *, is_paper: bool) -> Finding:
    values = {"rule": rule.name, "percent": format_money(percent)}
    return Finding(
        rule_id=rule.pk,
        subject="portfolio",
        title=Phrase("%(rule)s: %(percent)s %% below the peak", **values),
        message=Phrase("%(fall)s%(paper)s.", fall=fall, paper=PAPER if is_paper else ""),
        link="/portfolio/",
    )


def _describe_fall(percent: Decimal, days: int) -> Phrase:
    return CountPhrase(
        "The portfolio is %(percent)s %% below its peak of %(count)s day",
        "The portfolio is %(percent)s %% below its peak of %(count)s days",
        percent=format_money(percent),
        count=days,
    )
