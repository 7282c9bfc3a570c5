"""A user's report for reading: figures first, then money, bots, orders, fees and troubles."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from operations.reports.documents.sections import (
    NOTHING,
    Content,
    ReportCell,
    ReportDocument,
    ReportFigure,
    ReportRow,
    ReportTable,
    name_market,
    name_money,
    write_amount,
    write_count,
    write_money,
    write_result,
    write_text,
)
from operations.reports.documents.trouble_sections import show_troubles

COUNTED: Final = {
    "placed": gettext_noop("Orders placed"),
    "filled": gettext_noop("Filled"),
    "cancelled": gettext_noop("Cancelled"),
    "rejected": gettext_noop("Rejected"),
}
ALL_COUNTS: Final = COUNTED | {
    "placed": gettext_noop("Placed"),
    "denied": gettext_noop("Denied here"),
    "expired": gettext_noop("Expired"),
    "external": gettext_noop("From outside"),
}
SOURCES: Final = {
    "stream": gettext_noop("The venue's stream"),
    "poll": gettext_noop("A check that asked the venue"),
    "submit": gettext_noop("The venue's answer to the order"),
    "cancel": gettext_noop("The venue's answer to the cancel"),
    "user": gettext_noop("Fillwatch: it was never sent"),
    "group": gettext_noop("Its group of orders"),
    "key": gettext_noop("Its key was refused"),
}
PROVISIONAL: Final = gettext_noop("provisional")
NO_TRADES: Final = gettext_noop("Nothing was filled, paid or received.")


def build_user_document(content: Content, zone: str) -> ReportDocument:
    return ReportDocument(
        figures=_list_figures(content),
        tables=[
            _show_results(content["results"]),
            _show_bots(content["bots"]),
            _show_symbols(content["symbols"]),
            _show_orders(_("Orders by venue and symbol"), content["by_symbol"]),
            _show_fees(content),
            _show_sources(content["sources"]),
            *show_troubles(content, zone),
            *_show_shared(content["shared"]),
        ],
    )


def _list_figures(content: Content) -> list[ReportFigure]:
    counts, before = content["counts"], content["counts_before"]
    figures = [
        ReportFigure(
            _(label),
            write_count(counts[name]),
            "" if before is None else _name_before(f"{before[name]:,}"),
        )
        for name, label in COUNTED.items()
    ]
    for row in content["volume"]:
        cell = write_amount(row["amount"], row["currency"])
        figures.append(ReportFigure(_name_figure(_("Volume"), row), cell, _describe_before(row)))
    for row in content["results"]:
        former = write_result(row["total_before"], row["currency"]).text
        before_text = "" if row["total_before"] is None else _name_before(former)
        label, cell = _name_figure(_("Result"), row), write_result(row["total"], row["currency"])
        figures.append(ReportFigure(label, cell, before_text))
    return figures


def _name_figure(name: str, row: Content) -> str:
    return _("%(name)s, paper") % {"name": name} if row["simulated"] else name


def _describe_before(row: Content) -> str:
    if row["before"] is None:
        return ""
    return _name_before(write_amount(row["before"], row["currency"]).text)


def _name_before(value: str) -> str:
    return _("%(value)s before") % {"value": value}


def _show_results(rows: Sequence[Content]) -> ReportTable:
    columns = (
        _("Money"),
        _("Currency"),
        _("Before fees"),
        _("Fees"),
        _("Funding"),
        _("Other income"),
        _("Result"),
    )
    is_provisional = any(row["provisional"] for row in rows)
    return ReportTable(
        title=_("Profit and loss"),
        columns=(
            *columns,
            _("Period before"),
            _("Trades closed"),
            _("Won"),
            _("Lost"),
            _("State"),
        ),
        rows=[_show_result(row) for row in rows],
        empty=_(NO_TRADES),
        note=_("Provisional: a fee has no price yet, or fills were still being counted.")
        if is_provisional
        else "",
    )


def _show_result(row: Content) -> ReportRow:
    currency = row["currency"]
    cells = [
        write_money(row),
        write_text(currency),
        write_result(row["gross"], currency),
        write_amount(row["fees"], currency),
        write_result(row["funding"], currency),
        write_result(row["income"], currency),
        write_result(row["total"], currency),
        write_result(row["total_before"], currency),
        *(write_count(row[name]) for name in ("rounds", "wins", "losses")),
        write_text(_(PROVISIONAL) if row["provisional"] else _("final")),
    ]
    return ReportRow(cells, name_money(row), names=2)


def _show_bots(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title=_("Bots, the best first"),
        columns=(_("Bot"), _("Money"), _("Currency"), _("Fills"), _("Result")),
        rows=[_show_ranked(row, row["name"], "total", rows) for row in rows],
        empty=_("No bot had a fill or an income."),
    )


def _show_symbols(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title=_("Symbols, the best first"),
        columns=(_("Symbol"), _("Money"), _("Currency"), _("Fills"), _("Result")),
        rows=[_show_ranked(row, row["symbol"], "net", rows) for row in rows],
        empty=_("Nothing was filled."),
        note=_("After fees, before funding.") if rows else "",
    )


def _show_ranked(row: Content, name: str, amount: str, rows: Sequence[Content]) -> ReportRow:
    """Show a row, and whether it is the best or the worst of its currency."""
    peers = [
        Decimal(one[amount])
        for one in rows
        if (one["simulated"], one["currency"]) == (row["simulated"], row["currency"])
    ]
    value, rank = Decimal(row[amount]), ""
    if len(peers) > 1 and max(peers) != min(peers):
        rank = _("best") if value == max(peers) else _("worst") if value == min(peers) else ""
    cells = [
        ReportCell(f"{name} · {rank}" if rank else name, name),
        write_money(row),
        write_text(row["currency"]),
        write_count(row["fills"]),
        write_result(row[amount], row["currency"]),
    ]
    return ReportRow(cells, name_money(row), names=3)


def _show_orders(title: str, rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title=title,
        columns=(
            _("Venue"),
            _("Symbol"),
            _("Money"),
            *(_(label) for label in ALL_COUNTS.values()),
            _("Fills"),
            _("Volume"),
        ),
        rows=[_show_place(row) for row in rows],
        empty=_("No order was placed or ended, and nothing was filled."),
    )


def _show_place(row: Content) -> ReportRow:
    volume = write_amount(row["volume"], row["currency"])
    cells = [
        write_text(name_market(row["venue"], row["market"])),
        write_text(row["symbol"]),
        write_money(row),
        *(write_count(row[name]) for name in ALL_COUNTS),
        write_count(row["fills"]),
        volume,
    ]
    return ReportRow(cells, name_money(row), names=3)


def _show_fees(content: Content) -> ReportTable:
    unknown = content["fills_without_fee"]
    return ReportTable(
        title=_("Fees by coin"),
        columns=(_("Coin"), _("Money"), _("Fees"), _("Period before")),
        rows=[_show_fee(row) for row in content["fees"]],
        empty=_("No fee is known.") if unknown else _("No fee was paid."),
        note=_explain_unknown(unknown) if unknown else "",
    )


def _explain_unknown(fills: int) -> str:
    text = ngettext(
        "Of %(count)s fill the venue has not told the fee yet.",
        "Of %(count)s fills the venue has not told the fee yet.",
        fills,
    )
    return text % {"count": f"{fills:,}"}


def _show_fee(row: Content) -> ReportRow:
    """Show fees with every digit that matters: coins are worth very different amounts."""
    amounts = [_write_digits(row[name], row["currency"]) for name in ("amount", "before")]
    cells = [write_text(row["currency"]), write_money(row), *amounts]
    return ReportRow(cells, name_money(row), names=2)


def _write_digits(amount: str | None, currency: str) -> ReportCell:
    return ReportCell(amount or NOTHING, amount or "", currency, is_number=True)


def _show_sources(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title=_("How the ends of orders were learned"),
        columns=(_("From"), _("Orders")),
        rows=[
            ReportRow([_write_source(row["source"]), write_count(row["orders"])]) for row in rows
        ],
        empty=_("No order ended."),
    )


def _write_source(source: str) -> ReportCell:
    return ReportCell(_(SOURCES.get(source, source)), source)


def _show_shared(keys: Sequence[Content]) -> list[ReportTable]:
    """Show the orders of each key that others share; its profits are its owner's to see."""
    return [
        _show_orders(
            _("Shared with you: %(key)s of %(owner)s")
            % {"key": key["label"], "owner": key["owner"]},
            key["by_symbol"],
        )
        for key in keys
    ]
