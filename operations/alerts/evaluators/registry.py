"""The kinds of rules. To add one: write its evaluator in this folder, and one line here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from operations.alerts.evaluators import (
    bots,
    drawdowns,
    installation,
    orders,
    prices,
    profits,
    records,
    sockets,
    streams,
    switches,
)
from operations.alerts.evaluators.conditions import Condition, add_clear, clean_conditions
from operations.alerts.evaluators.findings import Evaluator
from operations.models import AlertLevel
from realtime.values import gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKind:
    """A kind of rule. `default` holds the conditions of the rule that comes with Fillwatch.

    `limit` names the condition with a second limit, `clear`, at which the alert ends.
    """

    label: str
    evaluate: Evaluator
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    is_operators: bool = False
    happens_once: bool = False  # a fill: no state that can end, so it is told once
    default: Mapping[str, Any] | None = None
    level: AlertLevel = AlertLevel.WARNING
    limit: str = ""
    is_up: bool = True
    distance: str = "0"

    def clean(self, given: Mapping[str, Any], *, user_id: int | None) -> dict[str, Any]:
        """Return the conditions of a rule of this kind; raise BadConditions."""
        cleaned = clean_conditions(self.conditions, given, user_id=user_id)
        if self.limit:
            add_clear(cleaned, limit=self.limit, is_up=self.is_up, distance=self.distance)
        return cleaned


CLEAR: Final = Condition(
    type="signed",
    label=gettext_noop("Ends at"),
    help=gettext_noop("Left out: a bit off the limit."),
    is_optional=True,
)
OWN_BOT: Final = Condition(
    type="bot",
    label=gettext_noop("Bot"),
    help=gettext_noop("Its number; left out: all."),
    is_optional=True,
)
SIMULATED: Final = Condition(type="flag", label=gettext_noop("Paper money"), default=False)


def make_wait(
    default: int, label: str = gettext_noop("Seconds"), most: int = 30 * 86_400
) -> Condition:
    return Condition(type="whole", label=label, default=default, least=1, most=most)


PRICE: Final = {
    "instrument": Condition(
        type="instrument",
        label=gettext_noop("Market"),
        help=gettext_noop("Such as binance.spot:BTC/USDT."),
    ),
    "value": Condition(type="amount", label=gettext_noop("Price")),
    "clear": CLEAR,
}
PNL: Final = {
    "measure": Condition(
        type="choice", label=gettext_noop("Of"), choices=profits.MEASURES, default=profits.REALISED
    ),
    "value": Condition(type="signed", label=gettext_noop("Limit")),
    "clear": CLEAR,
    "currency": Condition(type="text", label=gettext_noop("Currency"), default="USDT"),
    "bot": OWN_BOT,
    "simulated": SIMULATED,
}
WAITING_ORDER: Final = {"seconds": make_wait(60), "bot": OWN_BOT}
PERCENT: Final = Condition(type="amount", label=gettext_noop("Per cent"))

USER_KINDS: Final[Mapping[str, RuleKind]] = {
    "price_above": RuleKind(
        label=gettext_noop("Price above"),
        evaluate=prices.evaluate_above,
        conditions=PRICE,
        limit="value",
        distance="0.001",
    ),
    "price_below": RuleKind(
        label=gettext_noop("Price below"),
        evaluate=prices.evaluate_below,
        conditions=PRICE,
        limit="value",
        is_up=False,
        distance="0.001",
    ),
    "order_stuck": RuleKind(
        label=gettext_noop("Order not confirmed by its venue"),
        evaluate=orders.evaluate_stuck,
        conditions=WAITING_ORDER,
        default={"seconds": 300},
    ),
    "order_unchecked": RuleKind(
        label=gettext_noop("Order not checked for long"),
        evaluate=orders.evaluate_unchecked,
        conditions=WAITING_ORDER,
    ),
    "order_partly_filled": RuleKind(
        label=gettext_noop("Order filled in part for long"),
        evaluate=orders.evaluate_partly_filled,
        conditions={"seconds": make_wait(3600), "bot": OWN_BOT},
    ),
    "order_filled": RuleKind(
        label=gettext_noop("Order filled"),
        evaluate=orders.evaluate_filled,
        conditions={"bot": OWN_BOT},
        happens_once=True,
    ),
    "order_ended_by_venue": RuleKind(
        label=gettext_noop("Order refused or cancelled by its venue"),
        evaluate=orders.evaluate_ended_by_venue,
        conditions={"bot": OWN_BOT},
        happens_once=True,
    ),
    "bot_stopped": RuleKind(
        label=gettext_noop("Bot stopped"),
        evaluate=bots.evaluate_stopped,
        conditions={
            "why": Condition(
                type="choice",
                label=gettext_noop("Why"),
                choices=(
                    ("error", gettext_noop("With an error")),
                    ("any", gettext_noop("For whatever reason")),
                ),
                default="any",
            ),
            "bot": OWN_BOT,
        },
        default={"why": "error"},
        level=AlertLevel.CRITICAL,
    ),
    "pnl_above": RuleKind(
        label=gettext_noop("PnL above"),
        evaluate=profits.evaluate_above,
        conditions=PNL,
        limit="value",
        distance="0.05",
    ),
    "pnl_below": RuleKind(
        label=gettext_noop("PnL below"),
        evaluate=profits.evaluate_below,
        conditions=PNL,
        limit="value",
        is_up=False,
        distance="0.05",
    ),
    "drawdown": RuleKind(
        label=gettext_noop("Drawdown of the portfolio"),
        evaluate=drawdowns.evaluate_drawdown,
        conditions={
            "percent": PERCENT,
            "clear": CLEAR,
            "days": make_wait(30, gettext_noop("Days"), 365),
            "simulated": SIMULATED,
        },
        limit="percent",
        distance="0.1",
    ),
    "feed_stale": RuleKind(
        label=gettext_noop("Key not followed by a stream"),
        evaluate=streams.evaluate_stale,
        conditions={"seconds": make_wait(120)},
    ),
    "switch_failing": RuleKind(
        label=gettext_noop("Dead man's switch not renewed"),
        evaluate=switches.evaluate_failing,
        conditions={"seconds": make_wait(60)},
        default={},
    ),
}
OPERATOR_KINDS: Final[Mapping[str, RuleKind]] = {
    "service_down": RuleKind(
        label=gettext_noop("Service down"),
        evaluate=installation.evaluate_down,
        conditions={"seconds": make_wait(20)},
        is_operators=True,
        default={},
        level=AlertLevel.CRITICAL,
    ),
    "sweep_late": RuleKind(
        label=gettext_noop("Orders are checked late"),
        evaluate=installation.evaluate_sweep,
        is_operators=True,
        default={},
        level=AlertLevel.CRITICAL,
    ),
    "venue_closed": RuleKind(
        label=gettext_noop("Venue banned us or does not answer"),
        evaluate=installation.evaluate_venues,
        is_operators=True,
        default={},
    ),
    "budget_spent": RuleKind(
        label=gettext_noop("Request budget of a venue nearly spent"),
        evaluate=installation.evaluate_budgets,
        conditions={"percent": PERCENT, "clear": CLEAR},
        is_operators=True,
        default={"percent": "95"},
        limit="percent",
        distance="0.1",
    ),
    "queue_grows": RuleKind(
        label=gettext_noop("Queue grows"),
        evaluate=installation.evaluate_queues,
        conditions={
            "tasks": Condition(type="whole", label=gettext_noop("Tasks"), default=1000, least=1),
            "seconds": make_wait(60),
        },
        is_operators=True,
        default={},
    ),
    "disk_full": RuleKind(
        label=gettext_noop("Disk nearly full"),
        evaluate=installation.evaluate_disk,
        conditions={
            "value": Condition(type="amount", label=gettext_noop("Gigabytes free")),
            "clear": CLEAR,
        },
        is_operators=True,
        default={"value": "1"},
        level=AlertLevel.CRITICAL,
        limit="value",
        is_up=False,
        distance="0.2",
    ),
    "error_rate": RuleKind(
        label=gettext_noop("Errors in the log"),
        evaluate=records.evaluate_errors,
        conditions={
            "count": Condition(
                type="whole", label=gettext_noop("Errors"), default=50, least=1, most=10_000
            ),
            "seconds": make_wait(60, most=600),
        },
        is_operators=True,
        default={},
    ),
    "repairs": RuleKind(
        label=gettext_noop("Sockets learn of changes late"),
        evaluate=sockets.evaluate_repairs,
        conditions={
            "count": Condition(type="whole", label=gettext_noop("Repairs"), default=100, least=1),
            "clear": CLEAR,
            "seconds": make_wait(60, most=600),
        },
        is_operators=True,
        default={},
        limit="count",
        distance="0.5",
    ),
    "job_failed": RuleKind(
        label=gettext_noop("Job failed"),
        evaluate=records.evaluate_jobs,
        is_operators=True,
        default={},
    ),
    "backup_old": RuleKind(
        label=gettext_noop("Backup failed or old"),
        evaluate=records.evaluate_backups,
        conditions={"hours": make_wait(26, gettext_noop("Hours"), 8_760)},
        is_operators=True,
        default={},
        level=AlertLevel.CRITICAL,
    ),
    "messages_dead": RuleKind(
        label=gettext_noop("Notifications given up"),
        evaluate=records.evaluate_dead_messages,
        conditions={
            "count": Condition(type="whole", label=gettext_noop("Messages"), default=10, least=1),
            "minutes": make_wait(60, gettext_noop("Minutes"), 10_080),
        },
        is_operators=True,
        default={},
    ),
}
KINDS: Final[Mapping[str, RuleKind]] = {**USER_KINDS, **OPERATOR_KINDS}
