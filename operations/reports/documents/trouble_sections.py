"""Write a report's tables of trouble: bots that stopped, alerts, keys with trouble."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from operations.reports.documents.sections import (
    NOT_KEPT,
    Content,
    ReportCell,
    ReportRow,
    ReportTable,
    write_text,
    write_time,
)


def show_troubles(content: Content, zone: str) -> list[ReportTable]:
    return [
        _show_stops(content["stopped_bots"], zone),
        _show_alerts(content["alerts"], zone),
        _show_keys(content["keys"], zone),
    ]


def _show_stops(rows: Sequence[Content] | None, zone: str) -> ReportTable:
    return ReportTable(
        title=_("Bots that stopped"),
        columns=(_("Bot"), _("When"), _("Why")),
        rows=[
            ReportRow(
                [
                    write_text(row["name"] or _("a bot that was removed since")),
                    write_time(row["at"], zone),
                    write_text(_name_stop(row)),
                ],
                names=2,
            )
            for row in rows or ()
        ],
        empty=_(NOT_KEPT) if rows is None else _("No bot stopped."),
    )


def _name_stop(row: Content) -> str:
    reason: str = row["reason"]
    return _("%(reason)s (error)") % {"reason": reason} if row["with_error"] else reason


def _show_alerts(rows: Sequence[Content] | None, zone: str) -> ReportTable:
    return ReportTable(
        title=_("Alerts"),
        columns=(_("Alert"), _("Raised"), _("Level"), _("Ended")),
        rows=[_show_trouble(row, "level", zone) for row in rows or ()],
        empty=_(NOT_KEPT) if rows is None else _("No alert was raised."),
    )


def _show_keys(rows: Sequence[Content] | None, zone: str) -> ReportTable:
    return ReportTable(
        title=_("Keys with trouble"),
        columns=(_("Trouble"), _("Since"), _("What the venue said"), _("Ended")),
        rows=[_show_trouble(row, "message", zone) for row in rows or ()],
        empty=_(NOT_KEPT) if rows is None else _("No key had trouble."),
    )


def _show_trouble(row: Content, about: str, zone: str) -> ReportRow:
    """Show an alert, with one of its fields between its begin and its end."""
    cells = [
        write_text(row["title"]),
        write_time(row["began_at"], zone),
        write_text(row[about]),
        _write_end(row["ended_at"], zone),
    ]
    return ReportRow(cells, names=2)


def _write_end(moment: str | None, zone: str) -> ReportCell:
    return write_time(moment, zone) if moment else ReportCell(_("still open"), "")
