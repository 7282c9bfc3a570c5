"""Bots that stopped: with an error, or for whatever reason. The alert ends when it runs again."""

from typing import Any, Final

from django.db import connection

from operations.alerts.evaluators.findings import MOST_OF_A_RULE, Evaluation, Finding, RuleBatch
from users.languages.text import Phrase

# What stood still before the rule was switched on is no news.
FIND_STOPPED: Final = """
SELECT rule.id, found.id, found.run, found.name, found.mode, found.reason, found.symbol
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::boolean[])
    AS rule (id, user_id, since, bot_id, only_errors)
CROSS JOIN LATERAL (
    SELECT * FROM bots_bot AS bot WHERE bot.user_id = rule.user_id AND bot.run > 0
    AND (rule.bot_id IS NULL OR bot.id = rule.bot_id) AND bot.changed_at >= rule.since
    AND (bot.mode = 'error' OR (bot.mode = 'stopped' AND NOT rule.only_errors))
    ORDER BY bot.id LIMIT %s
) AS found
"""


def evaluate_stopped(batch: RuleBatch) -> Evaluation:
    """Find the bots of each rule's owner that stopped since the rule was switched on."""
    arguments: list[Any] = [
        [rule.pk for rule in batch.rules],
        [rule.user_id for rule in batch.rules],
        [rule.active_since for rule in batch.rules],
        [rule.read_number("bot") for rule in batch.rules],
        [rule.read_text("why") != "any" for rule in batch.rules],
        MOST_OF_A_RULE,
    ]
    with connection.cursor() as cursor:
        cursor.execute(FIND_STOPPED, arguments)
        rows = cursor.fetchall()
    nothing = Phrase("No bot.")
    evaluation = Evaluation(reasons=dict.fromkeys((rule.pk for rule in batch.rules), nothing))
    for rule_id, bot_id, run, name, mode, reason, symbol in rows:
        title = Phrase("Bot stopped: %(bot)s", bot=name)
        compared = Phrase("Bot “%(bot)s” stopped: %(reason)s", bot=name, reason=reason)
        if mode == "error":
            title = Phrase("Bot stopped with an error: %(bot)s", bot=name)
            compared = Phrase(
                "Bot “%(bot)s” stopped with an error: %(reason)s", bot=name, reason=reason
            )
        evaluation.reasons[rule_id] = compared
        evaluation.findings.append(
            Finding(
                rule_id=rule_id,
                subject=f"bot:{bot_id}:{run}",
                title=title,
                message=f"{reason} {symbol}.".strip(),
                link=f"/bots/{bot_id}/",
                cause=f"bot:{bot_id}:{run}:error" if mode == "error" else "",
            )
        )
    return evaluation
