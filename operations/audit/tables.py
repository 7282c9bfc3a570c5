"""List the audited tables and columns, and why others are not audited.

To add a table: copy a line here, and a `SetTrigger` of a new migration in operations/migrations.
A test compares these lines with the models and with the database.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class AuditedTable(NamedTuple):
    """The columns whose changes are recorded.

    Of `secret` ones the log says only that they changed. Those of `by_people` are recorded when a
    person changes them: machines do so all the time. `owner` is the column with the user whose
    account it concerns; `owner_table` is the table to which it refers, if that is not the users'.
    """

    columns: tuple[str, ...]
    secret: tuple[str, ...] = ()
    by_people: tuple[str, ...] = ()
    name: str = ""
    owner: str = ""
    owner_table: str = ""
    guard: bool = False  # compare before the function is called: for tables that machines update


AUDITED: Final[Mapping[str, AuditedTable]] = {
    "exchanges.exchangekey": AuditedTable(
        (
            *("user_id", "label", "venue", "market", "api_key", "sealed_secret"),
            *("sealed_passphrase", "is_paper", "is_active", "position_mode"),
        ),
        secret=("api_key", "sealed_secret", "sealed_passphrase"),
        by_people=("position_mode",),
        name="label",
        owner="user_id",
        guard=True,
    ),
    "exchanges.deadmansswitch": AuditedTable(
        ("seconds",), owner="key_id", owner_table="exchanges_exchangekey", guard=True
    ),
    "bots.bot": AuditedTable(
        (
            *("user_id", "key_id", "name", "symbol", "strategy", "settings", "check_seconds"),
            *("budget", "most_orders", "most_held", "daily_loss", "high_value", "is_default"),
            *("mode", "after_stop", "planned_changes"),
        ),
        by_people=("mode", "after_stop", "planned_changes"),
        name="name",
        owner="user_id",
        guard=True,
    ),
    "bots.botlimits": AuditedTable(
        ("user_id", "most_running", "most_orders", "budgets"), owner="user_id"
    ),
    "bots.hook": AuditedTable(
        ("user_id", "name", "generation"), secret=("name", "generation"), owner="user_id"
    ),
    "bots.autotrade": AuditedTable(
        ("user_id", "is_enabled", "is_test", "symbols", "amount", "per_day", "bot_id"),
        owner="user_id",
    ),
    "users.user": AuditedTable(
        (
            *("username", "password", "first_name", "last_name", "email", "is_superuser"),
            *("is_staff", "is_active", "check_seconds", "high_value", "time_zone"),
        ),
        secret=("password",),
        name="username",
        owner="id",
        guard=True,
    ),
    "users.user_groups": AuditedTable(("user_id", "group_id"), owner="user_id"),
    "users.user_user_permissions": AuditedTable(("user_id", "permission_id"), owner="user_id"),
    "users.invitation": AuditedTable(
        (
            *("digest", "email", "is_emailed", "invited_by_id", "expires_at", "accepted_by_id"),
            "accepted_at",
        ),
        secret=("digest",),
        owner="invited_by_id",
    ),
    "users.apitoken": AuditedTable(
        (
            *("user_id", "name", "digest", "hint", "scopes", "key_ids", "networks"),
            *("expires_at", "revoked_at"),
        ),
        secret=("digest", "hint"),
        name="name",
        owner="user_id",
        guard=True,
    ),
    "users.keygrant": AuditedTable(
        ("key_id", "member_name", "member_id", "role", "accepted_at"),
        name="member_name",
        owner="key_id",
        owner_table="exchanges_exchangekey",
        guard=True,
    ),
    "auth.group": AuditedTable(("name",), name="name"),
    "auth.group_permissions": AuditedTable(("group_id", "permission_id")),
    "account.emailaddress": AuditedTable(
        ("user_id", "email", "verified", "primary"), name="email", owner="user_id"
    ),
    "mfa.authenticator": AuditedTable(
        ("user_id", "type", "data"), secret=("data",), name="type", owner="user_id"
    ),
    "socialaccount.socialapp": AuditedTable(
        ("provider", "provider_id", "name", "client_id", "secret", "key", "settings"),
        secret=("secret", "key", "settings"),
        name="name",
    ),
    "socialaccount.socialaccount": AuditedTable(
        ("user_id", "provider", "uid"), name="provider", owner="user_id"
    ),
    "operations.notificationway": AuditedTable(
        (
            *("user_id", "name", "kind", "sealed_address", "sealed_secret", "categories"),
            *("collect", "is_active"),
        ),
        secret=("sealed_address", "sealed_secret"),
        name="name",
        owner="user_id",
        guard=True,
    ),
    "operations.notificationpreferences": AuditedTable(
        ("user_id", "in_app", "quiet_from", "quiet_until", "critical_passes"), owner="user_id"
    ),
    "operations.alertrule": AuditedTable(
        (
            *("user_id", "kind", "name", "conditions", "level", "cooldown_seconds"),
            *("clear_seconds", "tells_end", "is_active"),
        ),
        name="name",
        owner="user_id",
        guard=True,
    ),
    "operations.marketscenario": AuditedTable(
        (
            "name",
            "description",
            "instruments",
            "volatility",
            "trend",
            "volume",
            "moves",
            "active_since",
        ),
        name="name",
    ),
    "django_celery_beat.periodictask": AuditedTable(
        (
            *("name", "task", "interval_id", "crontab_id", "solar_id", "clocked_id", "args"),
            *("kwargs", "queue", "exchange", "routing_key", "headers", "priority", "expires"),
            *("expire_seconds", "one_off", "start_time", "enabled", "description"),
        ),
        name="name",
    ),
    "django_celery_beat.intervalschedule": AuditedTable(("every", "period")),
    "django_celery_beat.crontabschedule": AuditedTable(
        ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
    ),
    "django_celery_beat.solarschedule": AuditedTable(("event", "latitude", "longitude")),
    "django_celery_beat.clockedschedule": AuditedTable(("clocked_time",)),
}

COUNTED: Final = "counted or measured by Fillwatch; nobody sets it"
OWN_RECORD: Final = "is a record itself, and is never changed by people"
VENUE: Final = "what a venue said"
SIGN_IN: Final = "a sign-in: its owner sees and ends it on the page of sessions"
LIBRARY: Final = "a library's own bookkeeping"

NOT_AUDITED: Final[Mapping[str, str]] = {
    "operations.auditchange": "the audit log itself",
    "operations.auditseal": "the audit log itself",
    "operations.auditcheckpoint": "the audit log itself",
    "operations.notificationcursor": COUNTED,
    "operations.signinplace": SIGN_IN,
    "operations.telegramlink": "a code of minutes; the way that it makes is audited",
    "operations.telegramupdates": COUNTED,
    "operations.outboxmessage": OWN_RECORD,
    "operations.periodreport": COUNTED,
    "operations.marketsession": OWN_RECORD,
    "operations.marketchange": OWN_RECORD,
    "operations.healthcheck": COUNTED,
    "operations.healthhour": COUNTED,
    "operations.figurebucket": COUNTED,
    "operations.beatlease": COUNTED,
    "operations.jobstate": COUNTED,
    "operations.backuprun": OWN_RECORD,
    "operations.jobrun": OWN_RECORD,
    "operations.jobchange": OWN_RECORD,
    "operations.notification": OWN_RECORD,
    "operations.alert": OWN_RECORD,
    "operations.alertchange": OWN_RECORD,
    "operations.broadcast": OWN_RECORD,
    "operations.push": OWN_RECORD,
    "bots.backtest": "moves no money and places no order",
    "bots.botorder": COUNTED,
    "bots.logentry": OWN_RECORD,
    "bots.marketanalysis": COUNTED,
    "bots.priceminute": COUNTED,
    "bots.stopall": OWN_RECORD,
    "bots.incomeentry": VENUE,
    "bots.incomecursor": COUNTED,
    "bots.pnlbook": COUNTED,
    "bots.closedtrade": COUNTED,
    "bots.pnlday": COUNTED,
    "bots.pnlhour": COUNTED,
    "bots.unpricedfee": COUNTED,
    "bots.portfoliovalue": COUNTED,
    "bots.statementproof": COUNTED,
    "bots.signal": OWN_RECORD,
    "orders.ordergroup": "orders have a history of their own",
    "orders.order": "orders have a history of their own",
    "orders.fill": VENUE,
    "orders.orderchange": "the history of orders itself",
    "exchanges.symbol": VENUE,
    "exchanges.balance": VENUE,
    "exchanges.position": VENUE,
    "exchanges.streamprocess": COUNTED,
    "exchanges.streamlease": COUNTED,
    "realtime.stream": COUNTED,
    "realtime.event": OWN_RECORD,
    "account.emailconfirmation": SIGN_IN,
    "socialaccount.socialtoken": "not stored: SOCIALACCOUNT_STORE_TOKENS is off",
    "usersessions.usersession": SIGN_IN,
    "users.apisignin": SIGN_IN,
    "users.endedsignin": SIGN_IN,
    "admin.logentry": OWN_RECORD,
    "auth.permission": "made by migrations",
    "contenttypes.contenttype": "made by migrations",
    "sessions.session": SIGN_IN,
    "axes.accessfailurelog": OWN_RECORD,
    "axes.accessattempt": OWN_RECORD,
    "axes.accessattemptexpiration": OWN_RECORD,
    "axes.accesslog": OWN_RECORD,
    "django_celery_beat.periodictasks": LIBRARY,
    "token_blacklist.outstandingtoken": SIGN_IN,
    "token_blacklist.blacklistedtoken": SIGN_IN,
}
