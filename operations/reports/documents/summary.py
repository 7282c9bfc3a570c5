"""The title of a report, and its message in a few words."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from operations.models import PeriodReport, ReportKind
from operations.reports.documents.sections import write_result
from operations.reports.periods import LENGTHS

ENDS: Final = {
    "filled": gettext_noop("%(count)s filled"),
    "cancelled": gettext_noop("%(count)s cancelled"),
    "rejected": gettext_noop("%(count)s rejected"),
}


def name_report(report: PeriodReport) -> str:
    """Name a report by its kind and its days."""
    texts = (
        _("Daily report of the installation: %(days)s"),
        _("Weekly report of the installation: %(days)s"),
    )
    if report.user_id:
        texts = _("Daily report: %(days)s"), _("Weekly report: %(days)s")
    return texts[report.kind != ReportKind.DAILY] % {"days": name_days(report)}


def name_days(report: PeriodReport) -> str:
    """Name the days of a report: 29 November 2026, or 23 to 29 November 2026."""
    first = report.starts_on
    last = first + LENGTHS[ReportKind(report.kind)] - timedelta(days=1)
    if first == last:
        return _name_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return _("%(first)s to %(last)s") % {"first": first.day, "last": _name_day(last)}
    begin = date_format(first, "j F") if first.year == last.year else _name_day(first)
    return _("%(first)s to %(last)s") % {"first": begin, "last": _name_day(last)}


def describe_report(report: PeriodReport) -> tuple[str, str]:
    """Return the title and the message with which a report is told."""
    describe = _describe_user if report.user_id else _describe_installation
    return name_report(report), " ".join(describe(report.content))


def name_span(report: PeriodReport) -> str:
    """Say when a report begins and ends, by the clocks of its time zone."""
    zone = ZoneInfo(report.time_zone)
    since, until = (moment.astimezone(zone) for moment in (report.since, report.until))
    values = {"first": f"{since:%Y-%m-%d %H:%M}", "last": f"{until:%Y-%m-%d %H:%M}"}
    return _("%(first)s to %(last)s") % values + f", {report.time_zone}"


def _name_day(day: date) -> str:
    return date_format(day, "j F Y")


def _describe_user(content: Mapping[str, Any]) -> list[str]:
    counts = content["counts"]
    placed = counts["placed"]
    text = ngettext("%(count)s order placed", "%(count)s orders placed", placed)
    parts = [text % {"count": f"{placed:,}"}] if placed else []
    parts += [_(text) % {"count": counts[name]} for name, text in ENDS.items() if counts[name]]
    lines = [f"{', '.join(parts)}."] if parts else [_("No order was placed or ended.")]
    for row in content["results"]:
        text = _("Result: %(amount)s %(currency)s.")
        if row["simulated"]:
            text = _("Result: %(amount)s %(currency)s of paper money.")
        amount = write_result(row["total"], row["currency"]).text
        lines.append(text % {"amount": amount, "currency": row["currency"]})
    return lines + _describe_troubles(content["stops"] or 0, content["alerts_raised"] or 0)


def _describe_troubles(stops: int, alerts: int) -> list[str]:
    stopped = ngettext("%(count)s bot stopped.", "%(count)s bots stopped.", stops)
    raised = ngettext("%(count)s alert raised.", "%(count)s alerts raised.", alerts)
    lines = [stopped % {"count": f"{stops:,}"}] if stops else []
    return [*lines, raised % {"count": f"{alerts:,}"}] if alerts else lines


def _describe_installation(content: Mapping[str, Any]) -> list[str]:
    services, backups = content["services"], content["backups"]
    down = [row["service"] for row in services or () if (row["up_share"] or 0) < 1]
    failed = sum(row["failed"] + row["unfinished"] for row in content["jobs"])
    lines = [_("No service was down.")]
    if down:
        lines = [_("Not up all the time: %(services)s.") % {"services": ", ".join(down)}]
    if not services:
        lines = [_("No health check was recorded.")]
    if failed:
        text = ngettext("%(count)s run of jobs failed.", "%(count)s runs of jobs failed.", failed)
        lines.append(text % {"count": f"{failed:,}"})
    if backups is not None:
        lines.append(_describe_backups(backups["made"]))
    return lines


def _describe_backups(made: int) -> str:
    if not made:
        return _("No backup was made.")
    text = ngettext("%(count)s backup made.", "%(count)s backups made.", made)
    return text % {"count": f"{made:,}"}
