"""The admin: lists grouped by what they are about, and decimals without the zeros at their end."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DecimalField, Model
from django.http import HttpRequest

from realtime.values import format_money

NOTHING: Final = "-"
# Models by their label; what is not named here comes last, below “More”.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Orders": ("orders.order", "orders.fill"),
    "Bots and signals": (
        *("bots.bot", "bots.botorder", "bots.backtest", "bots.logentry", "bots.stopall"),
        *("bots.botlimits", "bots.signal", "bots.hook", "bots.autotrade"),
    ),
    "Profit and portfolio": (
        *("bots.pnlbook", "bots.closedtrade", "bots.pnlday", "bots.portfoliovalue"),
        *("bots.incomeentry", "bots.incomecursor", "bots.statementproof", "bots.unpricedfee"),
        "operations.periodreport",
    ),
    "Keys and holdings": (
        *("exchanges.exchangekey", "users.keygrant", "exchanges.balance", "exchanges.position"),
        "exchanges.streamlease",
    ),
    "Markets": (
        *("bots.marketanalysis", "bots.priceminute", "operations.marketscenario"),
        *("operations.marketsession", "operations.marketchange"),
    ),
    "People and access": (
        *("users.user", "auth.group", "users.invitation", "account.emailaddress"),
        *("mfa.authenticator", "usersessions.usersession", "axes.accessattempt"),
        *("axes.accesslog", "axes.accessfailurelog", "token_blacklist.outstandingtoken"),
        "token_blacklist.blacklistedtoken",
    ),
    "Messages and alerts": (
        *("operations.alert", "operations.alertchange", "operations.alertrule"),
        *("operations.notification", "operations.broadcast", "operations.push"),
        *("operations.notificationway", "operations.outboxmessage"),
        "operations.notificationpreferences",
    ),
    "Operation": (
        *("realtime.sockets", "realtime.stream", "realtime.event", "operations.healthcheck"),
        *("operations.figurebucket", "operations.backuprun", "operations.auditchange"),
        "operations.auditcheckpoint",
    ),
    "Jobs": (
        *("django_celery_beat.periodictask", "operations.jobrun", "operations.jobchange"),
        *("django_celery_beat.intervalschedule", "django_celery_beat.crontabschedule"),
        *("django_celery_beat.clockedschedule", "django_celery_beat.solarschedule"),
    ),
}
MORE: Final = "More"


class OperatorsAdminConfig(AdminConfig):
    default_site = "config.admin_site.OperatorsSite"


class OperatorsSite(AdminSite):
    """Django's admin, in the order in which operators think."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models; a list shows their decimals as short as they are."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        for model in models:
            columns: list[Any] = list(getattr(admin_class or ModelAdmin, "list_display"))  # noqa: B009 (generic)
            trimmed = [trim_column(model, column) for column in columns]
            more = {"list_display": trimmed} if trimmed != columns else {}
            super().register(model, admin_class, **{**options, **more})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return groups of lists; those of one app alone where its page is opened."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else group_models(apps)


def group_models(apps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort the lists of all apps into GROUPS, in the order given there."""
    rows = {row["model"]._meta.label_lower: row for app in apps for row in app["models"]}
    urls = {row["model"]._meta.label_lower: app["app_url"] for app in apps for row in app["models"]}
    grouped = {label for labels in GROUPS.values() for label in labels}
    groups = {**GROUPS, MORE: tuple(label for label in rows if label not in grouped)}
    return [
        {
            "name": name,
            "app_label": name.lower().replace(" ", "-"),
            "app_url": urls[own[0]],
            "has_module_perms": True,
            "models": [rows[label] for label in own],
        }
        for name, labels in groups.items()
        if (own := [label for label in labels if label in rows])
    ]


def trim_column(model: type[Model], column: Any) -> str | Callable[[Any], str]:
    """Return a column that shows a decimal without its last zeros; any other one as it is."""
    try:
        field = model._meta.get_field(column) if isinstance(column, str) else None
    except FieldDoesNotExist:
        field = None
    if not isinstance(field, DecimalField):
        return str(column) if isinstance(column, str) else column

    def show(row: Model) -> str:
        value = getattr(row, field.name)
        return NOTHING if value is None else format_money(value)

    show.__name__ = field.name
    show.short_description = field.verbose_name  # type: ignore[attr-defined]
    show.admin_order_field = field.name  # type: ignore[attr-defined]
    return show
