"""The report of the installation for reading: services first, then what went wrong."""

from collections.abc import Sequence
from typing import Final

from django.template.defaultfilters import filesizeformat

from operations.reports.documents.sections import (
    NOT_KEPT,
    NOTHING,
    Content,
    ReportCell,
    ReportDocument,
    ReportFigure,
    ReportRow,
    ReportTable,
    write_count,
    write_share,
    write_text,
    write_time,
)

NOT_WATCHED: Final = "not watched"


def build_operator_document(content: Content, zone: str) -> ReportDocument:
    return ReportDocument(
        figures=_list_figures(content),
        tables=[
            _show_services(content["services"]),
            _show_alerts(content["alerts"]),
            _show_peaks(content["peaks"]),
            _show_jobs(content["jobs"]),
            _show_backups(content["backups"], zone),
            _show_days(content["days"]),
            _show_people(content["people"]),
        ],
    )


def _list_figures(content: Content) -> list[ReportFigure]:
    services, backups, messages = (content[name] for name in ("services", "backups", "messages"))
    shares = [row["up_share"] for row in services or () if row["up_share"] is not None]
    failed = sum(row["failed"] + row["unfinished"] for row in content["jobs"])
    return [
        ReportFigure("Lowest uptime of a service", write_share(min(shares, default=None))),
        ReportFigure("Jobs that failed", write_count(failed)),
        ReportFigure("Backups made", write_count(backups and backups["made"])),
        ReportFigure("Messages sent", write_count(messages and messages["sent"])),
        ReportFigure("Messages given up", write_count(messages and messages["dead"])),
        ReportFigure("Events", write_count(_sum_days(content["days"], "events"))),
        ReportFigure("Active keys", write_count(content["people"]["active_keys"])),
    ]


def _sum_days(days: Sequence[Content], name: str) -> int | None:
    """Add days up; unknown if one of them is."""
    values = [day[name] for day in days]
    return None if None in values else sum(values)


def _show_services(rows: Sequence[Content] | None) -> ReportTable:
    return ReportTable(
        title="Services",
        columns=("Service", "Up", "Healthy", "Measured", "Average answer", "Worst answer"),
        rows=[
            ReportRow(
                [
                    write_text(row["service"]),
                    write_share(row["up_share"]),
                    write_share(row["healthy_share"]),
                    write_share(row["measured_share"]),
                    _write_milliseconds(row["average_ms"]),
                    _write_milliseconds(row["worst_ms"]),
                ]
            )
            for row in rows or ()
        ],
        empty=NOT_KEPT if rows is None else "No health check was recorded.",
        note="Of the health checks, every 30 seconds; “measured” is how much of the period had any."
        if rows
        else "",
    )


def _write_milliseconds(value: float | None) -> ReportCell:
    if value is None:
        return ReportCell(NOTHING, is_number=True)
    return ReportCell(f"{value:,.1f} ms", str(value), "ms", is_number=True)


def _show_alerts(rows: Sequence[Content] | None) -> ReportTable:
    return ReportTable(
        title="Sweeps, bans, budgets, queues and other alerts",
        columns=("Alert", "Times", "Open for"),
        rows=[
            ReportRow(
                [
                    ReportCell(row["label"], row["kind"]),
                    write_count(row["times"])
                    if row["times"] is not None
                    else ReportCell(NOT_WATCHED, is_number=True),
                    _write_duration(row["seconds"]),
                ]
            )
            for row in rows or ()
        ],
        empty=NOT_KEPT if rows is None else "There are no rules.",
    )


def _write_duration(seconds: int | None) -> ReportCell:
    if not seconds:
        return ReportCell(NOTHING, "" if seconds is None else "0", "s", is_number=True)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
    return ReportCell(text, str(seconds), "s", is_number=True)


def _show_peaks(rows: Sequence[Content] | None) -> ReportTable:
    return ReportTable(
        title="Peaks of queues, budgets, sweeps and sockets",
        columns=("Figure", "Highest"),
        rows=[ReportRow([_name_series(row["series"]), _write_peak(row)]) for row in rows or ()],
        empty=NOT_KEPT if rows is None else "Nothing was measured.",
        note="As health checks saw them, every 30 seconds." if rows else "",
    )


def _name_series(series: str) -> ReportCell:
    kind, _, name = series.partition(":")
    labels = {"queue": f"Tasks that waited in {name}", "budget": f"Request budget of {name} used"}
    labels |= {"sweep_seconds": "Longest check of all orders", "sockets": "Sockets"}
    return ReportCell(labels.get(kind, series), series)


def _write_peak(row: Content) -> ReportCell:
    """Write a share of a budget in per cent, a duration in seconds, and else a number."""
    highest, series = row["highest"], row["series"]
    if series.startswith("budget:"):
        return write_share(highest)
    unit = " s" if series == "sweep_seconds" else ""
    text = f"{highest:,.2f}".rstrip("0").rstrip(".")
    return ReportCell(f"{text}{unit}", str(highest), unit.strip(), is_number=True)


def _show_jobs(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title="Jobs that failed",
        columns=("Job", "Failed", "Not finished"),
        rows=[
            ReportRow(
                [write_text(row["job"]), write_count(row["failed"]), write_count(row["unfinished"])]
            )
            for row in rows
        ],
        empty="No job failed, as far as its history is kept.",
    )


def _show_backups(backups: Content | None, zone: str) -> ReportTable:
    rows = []
    if backups and (backups["made"] or backups["failed"]):
        size = backups["newest_bytes"]
        cells = [
            write_time(backups["newest_at"], zone),
            write_count(backups["made"]),
            write_count(backups["failed"]),
            ReportCell(
                filesizeformat(size) if size else NOTHING, str(size or ""), "bytes", is_number=True
            ),
            write_text(backups["last_failure"]),
        ]
        rows = [ReportRow(cells)]
    return ReportTable(
        title="Backups",
        columns=("Newest", "Made", "Failed", "Size", "Last failure"),
        rows=rows,
        empty=NOT_KEPT if backups is None else "No backup was made or tried.",
    )


def _show_days(days: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title="Day by day, UTC",
        columns=("Day", "Events", "Users with events", "Errors logged"),
        rows=[ReportRow(_show_day(day)) for day in days],
        empty="",
        note="A dash is what nobody recorded, or what is deleted by now.",
    )


def _show_day(day: Content) -> list[ReportCell]:
    errors = write_count(day["errors"])
    if day["errors"] is not None and not day["errors_complete"]:
        errors = ReportCell(f"at least {errors.text}", errors.exact, is_number=True)
    return [
        write_text(day["on"]),
        write_count(day["events"]),
        write_count(day["active_users"]),
        errors,
    ]


def _show_people(people: Content) -> ReportTable:
    labels = {
        "users": "Users",
        "new_users": "Users who came in the period",
        "keys": "Keys",
        "active_keys": "Keys that are switched on",
        "keys_with_trouble": "Keys with trouble",
    }
    return ReportTable(
        title="People and keys, when this report was made",
        columns=("", "Number"),
        rows=[
            ReportRow([ReportCell(label, name), write_count(people[name])])
            for name, label in labels.items()
        ],
        empty="",
    )
