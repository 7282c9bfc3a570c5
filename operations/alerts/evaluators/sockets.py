"""Changes that sockets learned by the position check, since the channel layer lost them."""

from decimal import Decimal
from typing import Final

import redis

from operations.alerts.evaluators.findings import Evaluation, Finding, RuleBatch, is_above
from realtime.metrics.repairs import count_repairs

SUBJECT: Final = "repairs"
REMEDY: Final = (
    "People see changes up to two seconds late. Look at Redis: its log, its memory, its network,"
    " and `client-output-buffer-limit` for pubsub."
)


def evaluate_repairs(batch: RuleBatch) -> Evaluation:
    """Find out if the position check repaired as many sockets as the rule names."""
    evaluation = Evaluation()
    for rule in batch.rules:
        seconds = rule.read_number("seconds") or 0
        try:
            found = count_repairs(seconds, now=batch.now)
        except redis.RedisError:
            evaluation.note_unknown(rule, "Redis does not answer.")
            continue
        limit, clear = Decimal(rule.read_text("count")), Decimal(rule.read_text("clear"))
        text = f"{found} sockets in {seconds} s learned of changes by the position check alone."
        evaluation.reasons[rule.pk] = text
        if is_above(Decimal(found), limit, clear, is_open=batch.is_open(rule, SUBJECT)):
            finding = Finding(
                rule_id=rule.pk,
                subject=SUBJECT,
                title=f"Events are lost on the way to sockets: {found} repairs in {seconds} s",
                message=REMEDY,
            )
            evaluation.findings.append(finding)
    return evaluation
