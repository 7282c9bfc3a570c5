"""The rules that come with Fillwatch: of operators, and of everybody who has an exchange key.

They are added once, and can be changed and switched off. So they are not deleted: a deleted one
would come again.
"""

from collections.abc import Mapping
from datetime import datetime

from exchanges.models import ExchangeKey
from operations.alerts.evaluators.registry import OPERATOR_KINDS, USER_KINDS, RuleKind
from operations.alerts.rules.actions import OPERATORS, RuleOwner, draft_rule
from operations.models import AlertRule


def add_missing(*, now: datetime) -> int:
    """Add the rules that are not there yet; return how many."""
    missing = _list_missing(OPERATORS, OPERATOR_KINDS, now)
    for user_id in _list_users_without():
        missing += _list_missing(RuleOwner(user_id), USER_KINDS, now)
    if missing:
        AlertRule.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def _list_users_without() -> list[int]:
    """List the users who have a key, and not every default rule."""
    wanted = sum(kind.default is not None for kind in USER_KINDS.values())
    rows = ExchangeKey.objects.raw(
        """
        SELECT account.user_id AS id FROM exchanges_exchangekey AS account
        LEFT JOIN operations_alertrule AS rule
            ON rule.user_id = account.user_id AND rule.is_default
        GROUP BY account.user_id HAVING count(DISTINCT rule.id) < %s
        """,
        [wanted],
    )
    return [row.pk for row in rows]


def _list_missing(
    owner: RuleOwner, kinds: Mapping[str, RuleKind], now: datetime
) -> list[AlertRule]:
    known = set(owner.list_rules().filter(is_default=True).values_list("kind", flat=True))
    return [
        draft_rule(owner, name, kind.default, now=now, is_default=True)
        for name, kind in kinds.items()
        if kind.default is not None and name not in known
    ]
