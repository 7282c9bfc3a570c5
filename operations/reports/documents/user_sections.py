"""A user's report for reading: figures first, then money, bots, orders, fees and troubles."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from operations.reports.documents.sections import (
    NOT_KEPT,
    NOTHING,
    Content,
    ReportCell,
    ReportDocument,
    ReportFigure,
    ReportRow,
    ReportTable,
    count_things,
    name_market,
    name_money,
    write_amount,
    write_count,
    write_money,
    write_result,
    write_text,
    write_time,
)

COUNTED: Final = {
    "placed": "Orders placed",
    "filled": "Filled",
    "cancelled": "Cancelled",
    "rejected": "Rejected",
}
ALL_COUNTS: Final = COUNTED | {
    "placed": "Placed",
    "denied": "Denied here",
    "expired": "Expired",
    "external": "From outside",
}
SOURCES: Final = {
    "stream": "The venue's stream",
    "poll": "A check that asked the venue",
    "submit": "The venue's answer to the order",
    "cancel": "The venue's answer to the cancel",
    "user": "Fillwatch: it was never sent",
    "group": "Its group of orders",
    "key": "Its key was refused",
}
PROVISIONAL: Final = "provisional"
NO_TRADES: Final = "Nothing was filled, paid or received."


def build_user_document(content: Content, zone: str) -> ReportDocument:
    return ReportDocument(
        figures=_list_figures(content),
        tables=[
            _show_results(content["results"]),
            _show_bots(content["bots"]),
            _show_symbols(content["symbols"]),
            _show_orders("Orders by venue and symbol", content["by_symbol"]),
            _show_fees(content),
            _show_sources(content["sources"]),
            _show_stops(content["stopped_bots"], zone),
            _show_alerts(content["alerts"], zone),
            _show_keys(content["keys"], zone),
            *_show_shared(content["shared"]),
        ],
    )


def _list_figures(content: Content) -> list[ReportFigure]:
    counts, before = content["counts"], content["counts_before"]
    figures = [
        ReportFigure(
            label, write_count(counts[name]), "" if before is None else f"{before[name]:,} before"
        )
        for name, label in COUNTED.items()
    ]
    for row in content["volume"]:
        cell = write_amount(row["amount"], row["currency"])
        figures.append(ReportFigure(_name_figure("Volume", row), cell, _describe_before(row)))
    for row in content["results"]:
        former = write_result(row["total_before"], row["currency"]).text
        before_text = "" if row["total_before"] is None else f"{former} before"
        label, cell = _name_figure("Result", row), write_result(row["total"], row["currency"])
        figures.append(ReportFigure(label, cell, before_text))
    return figures


def _name_figure(name: str, row: Content) -> str:
    return f"{name}, paper" if row["simulated"] else name


def _describe_before(row: Content) -> str:
    if row["before"] is None:
        return ""
    return f"{write_amount(row['before'], row['currency']).text} before"


def _show_results(rows: Sequence[Content]) -> ReportTable:
    columns = ("Money", "Currency", "Before fees", "Fees", "Funding", "Other income", "Result")
    is_provisional = any(row["provisional"] for row in rows)
    return ReportTable(
        title="Profit and loss",
        columns=(*columns, "Period before", "Trades closed", "Won", "Lost", "State"),
        rows=[_show_result(row) for row in rows],
        empty=NO_TRADES,
        note="Provisional: a fee has no price yet, or fills were still being counted."
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
        write_text(PROVISIONAL if row["provisional"] else "final"),
    ]
    return ReportRow(cells, name_money(row), names=2)


def _show_bots(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title="Bots, the best first",
        columns=("Bot", "Money", "Currency", "Fills", "Result"),
        rows=[_show_ranked(row, row["name"], "total", rows) for row in rows],
        empty="No bot had a fill or an income.",
    )


def _show_symbols(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title="Symbols, the best first",
        columns=("Symbol", "Money", "Currency", "Fills", "Result"),
        rows=[_show_ranked(row, row["symbol"], "net", rows) for row in rows],
        empty="Nothing was filled.",
        note="After fees, before funding." if rows else "",
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
        rank = "best" if value == max(peers) else "worst" if value == min(peers) else ""
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
        columns=("Venue", "Symbol", "Money", *ALL_COUNTS.values(), "Fills", "Volume"),
        rows=[_show_place(row) for row in rows],
        empty="No order was placed or ended, and nothing was filled.",
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
        title="Fees by coin",
        columns=("Coin", "Money", "Fees", "Period before"),
        rows=[_show_fee(row) for row in content["fees"]],
        empty="No fee is known." if unknown else "No fee was paid.",
        note=f"Of {count_things(unknown, 'fill')} the venue has not told the fee yet."
        if unknown
        else "",
    )


def _show_fee(row: Content) -> ReportRow:
    """Show fees with every digit that matters: coins are worth very different amounts."""
    amounts = [_write_digits(row[name], row["currency"]) for name in ("amount", "before")]
    cells = [write_text(row["currency"]), write_money(row), *amounts]
    return ReportRow(cells, name_money(row), names=2)


def _write_digits(amount: str | None, currency: str) -> ReportCell:
    return ReportCell(amount or NOTHING, amount or "", currency, is_number=True)


def _show_sources(rows: Sequence[Content]) -> ReportTable:
    return ReportTable(
        title="How the ends of orders were learned",
        columns=("From", "Orders"),
        rows=[
            ReportRow([_write_source(row["source"]), write_count(row["orders"])]) for row in rows
        ],
        empty="No order ended.",
    )


def _write_source(source: str) -> ReportCell:
    return ReportCell(SOURCES.get(source, source), source)


def _show_stops(rows: Sequence[Content] | None, zone: str) -> ReportTable:
    return ReportTable(
        title="Bots that stopped",
        columns=("Bot", "When", "Why"),
        rows=[
            ReportRow(
                [
                    write_text(row["name"] or "a bot that was removed since"),
                    write_time(row["at"], zone),
                    write_text(f"{row['reason']}{' (error)' if row['with_error'] else ''}"),
                ],
                names=2,
            )
            for row in rows or ()
        ],
        empty=NOT_KEPT if rows is None else "No bot stopped.",
    )


def _show_alerts(rows: Sequence[Content] | None, zone: str) -> ReportTable:
    return ReportTable(
        title="Alerts",
        columns=("Alert", "Raised", "Level", "Ended"),
        rows=[_show_trouble(row, "level", zone) for row in rows or ()],
        empty=NOT_KEPT if rows is None else "No alert was raised.",
    )


def _show_keys(rows: Sequence[Content] | None, zone: str) -> ReportTable:
    return ReportTable(
        title="Keys with trouble",
        columns=("Trouble", "Since", "What the venue said", "Ended"),
        rows=[_show_trouble(row, "message", zone) for row in rows or ()],
        empty=NOT_KEPT if rows is None else "No key had trouble.",
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
    return write_time(moment, zone) if moment else ReportCell("still open", "")


def _show_shared(keys: Sequence[Content]) -> list[ReportTable]:
    """Show the orders of each key that others share; its profits are its owner's to see."""
    return [
        _show_orders(f"Shared with you: {key['label']} of {key['owner']}", key["by_symbol"])
        for key in keys
    ]
