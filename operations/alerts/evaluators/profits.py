"""PnL above or below a limit: realised, unrealised, both, or of this day (UTC).

Of one currency, paper and live apart. Without a bot it counts all fills of the user's keys. An
unrealised profit without a recent price is not known, so such alerts neither begin nor end.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import F, Sum

from bots.models import PnlBook, PnlDay
from bots.pnl.open_positions import OpenPosition, value_positions
from operations.alerts.evaluators.findings import (
    PAPER,
    Evaluation,
    Finding,
    RuleBatch,
    is_above,
    is_below,
    name_limit,
)
from operations.models import AlertRule
from realtime.values import ZERO, format_money, gettext_noop
from users.languages.text import Phrase

REALISED, UNREALISED, TOTAL, DAY = "realised", "unrealised", "total", "day"
MEASURES: Final = (
    (REALISED, gettext_noop("Realised")),
    (UNREALISED, gettext_noop("Unrealised")),
    (TOTAL, gettext_noop("Both")),
    (DAY, gettext_noop("Day")),
)


NO_PRICE: Final = Phrase("A position has no recent price, so it is not known.")


class Account(NamedTuple):
    """The books whose results are added up: of a bot, or of all keys."""

    user_id: int
    bot_id: int | None
    currency: str
    is_paper: bool


Sums = dict[Account, Decimal]


def evaluate_above(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, is_up=True)


def evaluate_below(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, is_up=False)


def _evaluate(batch: RuleBatch, *, is_up: bool) -> Evaluation:
    measures = {rule.read_text("measure") for rule in batch.rules}
    users = batch.list_user_ids()
    realised = _sum_books(users) if measures & {REALISED, TOTAL} else {}
    today = _sum_days(users, batch) if DAY in measures else {}
    open_gains = _sum_open(users, batch) if measures & {UNREALISED, TOTAL} else {}
    evaluation = Evaluation()
    for rule in batch.rules:
        account, measure = _find_account(rule), rule.read_text("measure")
        gain = open_gains.get(account, ZERO)
        if measure in {UNREALISED, TOTAL} and gain is None:
            evaluation.note_unknown(rule, NO_PRICE)
            continue
        value = {DAY: today, REALISED: realised, TOTAL: realised}.get(measure, {}).get(
            account, ZERO
        )
        value += (gain or ZERO) if measure in {UNREALISED, TOTAL} else ZERO
        _compare(evaluation, batch, rule, value, is_up=is_up)
    return evaluation


def _find_account(rule: AlertRule) -> Account:
    bot_id, currency = rule.read_number("bot"), rule.read_text("currency")
    return Account(rule.user_id or 0, bot_id, currency, bool(rule.conditions.get("simulated")))


def _sum_books(users: Sequence[int]) -> Sums:
    rows = PnlBook.objects.filter(user__in=users).values_list(
        "user", "bot", "quote", "key__is_paper"
    )
    sums = rows.order_by().annotate(total=Sum(F("gross") - F("fees")))
    return {Account(*row[:4]): row[4] for row in sums}


def _sum_days(users: Sequence[int], batch: RuleBatch) -> Sums:
    days = PnlDay.objects.filter(book__user__in=users, on=batch.now.date())
    rows = days.order_by().values_list(
        "book__user", "book__bot", "book__quote", "book__key__is_paper"
    )
    return {Account(*row[:4]): row[4] for row in rows.annotate(total=Sum(F("gross") - F("fees")))}


def _sum_open(users: Sequence[int], batch: RuleBatch) -> dict[Account, Decimal | None]:
    """Add up the gains of open positions; None where one of them has no recent price."""
    books = PnlBook.objects.filter(user__in=users).exclude(held=0).select_related("key")
    groups: dict[Account, list[OpenPosition]] = defaultdict(list)
    for position in value_positions(books, now=batch.now):
        book = position.book
        groups[Account(book.user_id, book.bot_id, book.quote, book.key.is_paper)].append(position)
    return {account: _add_gains(positions) for account, positions in groups.items()}


def _add_gains(positions: Iterable[OpenPosition]) -> Decimal | None:
    total = ZERO
    for position in positions:
        if position.unrealised is None or position.is_stale:
            return None
        total += position.unrealised
    return total


def _compare(
    evaluation: Evaluation, batch: RuleBatch, rule: AlertRule, value: Decimal, *, is_up: bool
) -> None:
    limit, clear = Decimal(rule.read_text("value")), Decimal(rule.read_text("clear"))
    waits = name_limit(limit, is_up=is_up)
    text = _describe_profit(rule, value)
    evaluation.reasons[rule.pk] = Phrase(
        "%(profit)s; the rule waits for %(limit)s.", profit=text, limit=waits
    )
    compare = is_above if is_up else is_below
    if compare(value, limit, clear, is_open=batch.is_open(rule, "pnl")):
        bot_id = rule.read_number("bot")
        evaluation.findings.append(
            Finding(
                rule_id=rule.pk,
                subject="pnl",
                title=Phrase(
                    "%(rule)s: PnL %(limit)s %(currency)s%(paper)s",
                    rule=rule.name,
                    limit=waits,
                    currency=rule.read_text("currency"),
                    paper=_name_paper(rule),
                ),
                message=Phrase(
                    "%(profit)s. The alert ends at %(end)s.", profit=text, end=format_money(clear)
                ),
                link=f"/bots/{bot_id}/" if bot_id else "/portfolio/",
            )
        )


def _describe_profit(rule: AlertRule, value: Decimal) -> Phrase:
    values = {
        "amount": format_money(value),
        "currency": rule.read_text("currency"),
        "paper": _name_paper(rule),
    }
    match rule.read_text("measure"):
        case "unrealised":
            return Phrase("Unrealised PnL is %(amount)s %(currency)s%(paper)s", **values)
        case "total":
            return Phrase(
                "Realised and unrealised PnL is %(amount)s %(currency)s%(paper)s", **values
            )
        case "day":
            return Phrase("PnL of the day is %(amount)s %(currency)s%(paper)s", **values)
    return Phrase("Realised PnL is %(amount)s %(currency)s%(paper)s", **values)


def _name_paper(rule: AlertRule) -> str:
    return PAPER if rule.conditions.get("simulated") else ""
