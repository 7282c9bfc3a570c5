"""The title of a report, and its message in a few words."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from operations.models import PeriodReport, ReportKind
from operations.reports.documents.sections import count_things, write_result
from operations.reports.periods import LENGTHS

WORDS = {"placed": "placed", "filled": "filled", "cancelled": "cancelled", "rejected": "rejected"}


def name_report(report: PeriodReport) -> str:
    """Name a report by its kind and its days."""
    kind = "Daily" if report.kind == ReportKind.DAILY else "Weekly"
    owner = "" if report.user_id else " of the installation"
    return f"{kind} report{owner}: {name_days(report)}"


def name_days(report: PeriodReport) -> str:
    """Name the days of a report: 29 November 2026, or 23 to 29 November 2026."""
    first = report.starts_on
    last = first + LENGTHS[ReportKind(report.kind)] - timedelta(days=1)
    if first == last:
        return _name_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {_name_day(last)}"
    begin = f"{first.day} {first:%B}" if first.year == last.year else _name_day(first)
    return f"{begin} to {_name_day(last)}"


def describe_report(report: PeriodReport) -> tuple[str, str]:
    """Return the title and the message with which a report is told."""
    describe = _describe_user if report.user_id else _describe_installation
    return name_report(report), " ".join(describe(report.content))


def name_span(report: PeriodReport) -> str:
    """Say when a report begins and ends, by the clocks of its time zone."""
    zone = ZoneInfo(report.time_zone)
    since, until = (moment.astimezone(zone) for moment in (report.since, report.until))
    return f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}, {report.time_zone}"


def _name_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _describe_user(content: Mapping[str, Any]) -> list[str]:
    counts = content["counts"]
    parts = [
        f"{count_things(counts[name], 'order') if name == 'placed' else counts[name]} {label}"
        for name, label in WORDS.items()
        if counts[name]
    ]
    lines = [f"{', '.join(parts)}."] if parts else ["No order was placed or ended."]
    for row in content["results"]:
        money = " of paper money" if row["simulated"] else ""
        amount = write_result(row["total"], row["currency"]).text
        lines.append(f"Result: {amount} {row['currency']}{money}.")
    for name, thing, verb in (
        ("stops", "bot", "stopped"),
        ("alerts_raised", "alert", "raised"),
    ):
        if content[name]:
            lines.append(f"{count_things(content[name], thing)} {verb}.")
    return lines


def _describe_installation(content: Mapping[str, Any]) -> list[str]:
    services, backups = content["services"], content["backups"]
    down = [row["service"] for row in services or () if (row["up_share"] or 0) < 1]
    failed = sum(row["failed"] + row["unfinished"] for row in content["jobs"])
    lines = [f"Not up all the time: {', '.join(down)}." if down else "No service was down."]
    if not services:
        lines = ["No health check was recorded."]
    if failed:
        lines.append(f"{count_things(failed, 'run')} of jobs failed.")
    if backups is not None:
        made = count_things(backups["made"], "backup")
        lines.append(f"{made} made." if backups["made"] else "No backup was made.")
    return lines
