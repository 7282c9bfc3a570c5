"""List how long rows are kept, table by table. A test compares this with all models.

To add a table that grows: one line in PRUNED, or in BY_OTHERS with the job that deletes its rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings


@dataclass(frozen=True, slots=True)
class PruneRule:
    """Rows go so many days after any of these times; a time that is empty keeps its row."""

    times: tuple[str, ...]
    setting: str = ""
    days: float = 0.0  # where no setting decides
    text: str = ""  # for people, where each row has its own end

    def get_cutoff(self, now: datetime) -> datetime:
        return now - timedelta(days=getattr(settings, self.setting) if self.setting else self.days)

    def describe_period(self) -> str:
        return self.text or (f"`{self.setting}`" if self.setting else f"{self.days:g} days")


ACCESS_DAYS: Final = 90.0
PRUNED: Final[Mapping[str, PruneRule]] = {
    "bots.backtest": PruneRule(("finished_at",), days=30.0),
    "bots.logentry": PruneRule(("created_at",), "LOG_DAYS"),
    "bots.marketanalysis": PruneRule(("at",), days=2.0),
    "bots.stopall": PruneRule(("ended_at",), "LOG_DAYS"),
    "bots.signal": PruneRule(("received_at",), "SIGNAL_DAYS"),
    "operations.notification": PruneRule(("read_at", "dismissed_at"), "NOTIFICATION_DAYS"),
    "operations.outboxmessage": PruneRule(("done_at",), "NOTIFICATION_DAYS"),
    "operations.telegramlink": PruneRule(("expires_at",), days=2.0),
    "operations.alert": PruneRule(("ended_at",), "RECORD_DAYS"),
    "operations.backuprun": PruneRule(("finished_at",), "RECORD_DAYS"),
    "operations.broadcast": PruneRule(("finished_at",), "RECORD_DAYS"),
    "operations.jobchange": PruneRule(("at",), "RECORD_DAYS"),
    "operations.marketchange": PruneRule(("at",), "RECORD_DAYS"),
    "operations.periodreport": PruneRule(("until",), "REPORT_DAYS"),
    "operations.push": PruneRule(("at",), "RECORD_DAYS"),
    "admin.logentry": PruneRule(("action_time",), "RECORD_DAYS"),
    "operations.healthcheck": PruneRule(("at",), days=2.0),
    "operations.healthhour": PruneRule(("hour",), days=90.0),
    "operations.figurebucket": PruneRule(
        ("kept_until",), text="2 days by five minutes, 90 by hour"
    ),
    "users.invitation": PruneRule(("expires_at",), days=ACCESS_DAYS),
    "axes.accessattempt": PruneRule(("attempt_time",), days=ACCESS_DAYS),
    "axes.accessfailurelog": PruneRule(("attempt_time",), days=ACCESS_DAYS),
    "axes.accesslog": PruneRule(("attempt_time",), days=ACCESS_DAYS),
}
# Deleted otherwise: with a floor that clients hear of, by number, or thinned out.
BY_OTHERS: Final[Mapping[str, str]] = {
    "realtime.event": "`REALTIME_KEEP_DAYS`, by “Prune old events”",
    "bots.portfoliovalue": "thinned to one an hour, then one a day, by “Thin old portfolio values”",
    "bots.priceminute": "some hours, by “Record prices that bots watch”",
    "bots.unpricedfee": "until its price is known, by “Value fees paid in other currencies”",
    "operations.alertchange": "with the alert that it is of",
    "operations.jobrun": "`JOB_HISTORY_RUNS` of each job, by “Close lost job runs”",
    "operations.auditchange": "until `manage.py prune_audit`, which leaves a checkpoint",
    "operations.auditseal": "with the changes that it seals",
    "operations.auditcheckpoint": "one for each `manage.py prune_audit`",
    "sessions.session": "until it expires, by “Prune expired sign-ins”",
    "usersessions.usersession": "with its session, by “Prune expired sign-ins”",
    "users.apisignin": "until it expires, by “Prune expired sign-ins”",
    "users.endedsignin": "until it expires, by “Prune expired sign-ins”",
    "users.apitoken": "some days after its end, by “Prune expired sign-ins”",
    "token_blacklist.outstandingtoken": "until it expires, by “Prune expired sign-ins”",
    "token_blacklist.blacklistedtoken": "with its token, by “Prune expired sign-ins”",
}
MONEY: Final = "orders, fills and what was earned are never deleted"
# Grow for ever, on purpose.
KEPT: Final[Mapping[str, str]] = {
    "orders.order": MONEY,
    "orders.ordergroup": MONEY,
    "orders.fill": MONEY,
    "orders.orderchange": MONEY,
    "bots.botorder": MONEY,
    "bots.closedtrade": MONEY,
    "bots.incomeentry": MONEY,
    "bots.pnlday": MONEY,
    "bots.pnlhour": MONEY,
    "bots.statementproof": MONEY,
    "operations.marketsession": "with its snapshot, until an operator deletes it",
    "operations.signinplace": "one for each place of a user, so that a new place is told once",
}
