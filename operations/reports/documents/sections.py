"""The parts of a report for reading: figures, and tables of cells. The page, the HTML file and the
CSV file show the same ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.formatting import format_result, format_sum, result_class
from exchanges import venues
from orders.web import row_text

Content = Mapping[str, Any]  # the stored figures of a report, or a part of them
NOTHING: Final = row_text.NOTHING
NOT_KEPT: Final = gettext_noop("Not known: it was deleted by age before this report was made.")
SHOWN_ROWS: Final = 20  # of a table for reading; the CSV file has all
LONGEST_CARD: Final = 6  # lines
LIVE, PAPER = "live", "paper"


@dataclass(frozen=True, slots=True)
class ReportCell:
    """A text for people, and the same with every digit for machines."""

    text: str
    exact: str = ""
    unit: str = ""
    tone: str = ""  # a CSS class: gain, loss
    is_number: bool = False

    @property
    def classes(self) -> str:
        """The CSS classes of its cell; a narrow page leaves zeros out."""
        names = ("number", self.tone, "zero" if self.exact == "0" else "")
        return " ".join(filter(None, names)) if self.is_number else ""


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """A number at the top, and the one of the period before it."""

    label: str
    cell: ReportCell
    before: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """Cells; the first ones, `names` of them, say what the row is about."""

    cells: list[ReportCell]
    money: str = ""
    names: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table under a title. Without rows `empty` says what that means."""

    title: str
    columns: Sequence[str]
    rows: list[ReportRow]
    empty: str
    note: str = ""

    @property
    def shown(self) -> list[list[tuple[str, ReportCell]]]:
        """The rows of a page, each cell with its column: of very many the first and last ones."""
        half = SHOWN_ROWS // 2
        many = len(self.rows) > SHOWN_ROWS
        rows = [*self.rows[:half], *self.rows[-half:]] if many else self.rows
        return [list(zip(self.columns, row.cells, strict=True)) for row in rows]

    @property
    def is_broad(self) -> bool:
        """Tell whether a row is a long card on a narrow page, so that zeros are left out there."""
        return len(self.columns) > LONGEST_CARD

    @property
    def hidden_count(self) -> int:
        return max(0, len(self.rows) - SHOWN_ROWS)

    @property
    def headings(self) -> list[tuple[str, bool]]:
        """The columns, and whether they hold numbers."""
        first = self.rows[0].cells if self.rows else []
        return [(name, cell.is_number) for name, cell in zip(self.columns, first, strict=False)]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """All that is shown of a report, its title apart."""

    figures: list[ReportFigure] = field(default_factory=list)
    tables: list[ReportTable] = field(default_factory=list)

    def has_money(self, kind: str) -> bool:
        """Tell whether a row is about real or about paper money."""
        return any(row.money == kind for table in self.tables for row in table.rows)

    @property
    def has_paper(self) -> bool:
        return self.has_money(PAPER)

    @property
    def has_live(self) -> bool:
        return self.has_money(LIVE)


def write_text(text: str) -> ReportCell:
    return ReportCell(text or NOTHING, text)


def write_count(number: int | None) -> ReportCell:
    if number is None:
        return ReportCell(NOTHING, "", is_number=True)
    return ReportCell(f"{number:,}", str(number), is_number=True)


def write_amount(amount: str | None, currency: str) -> ReportCell:
    """Write an amount as the pages do; the machines' text has every digit."""
    text = format_sum(None if amount is None else Decimal(amount), currency)
    return ReportCell(text, amount or "", currency, is_number=True)


def write_result(amount: str | None, currency: str) -> ReportCell:
    """Write a profit or a loss, with its sign."""
    value = None if amount is None else Decimal(amount)
    tone = result_class(value)
    return ReportCell(format_result(value, currency), amount or "", currency, tone, is_number=True)


def write_share(share: float | None) -> ReportCell:
    if share is None:
        return ReportCell(NOTHING, is_number=True)
    return ReportCell(f"{share * 100:.2f} %", str(share), is_number=True)


def write_time(moment: str | None, zone: str) -> ReportCell:
    """Write a time in the zone of the report."""
    if moment is None:
        return ReportCell(NOTHING)
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    return ReportCell(f"{local:%Y-%m-%d %H:%M}", moment)


def write_money(row: Mapping[str, Any]) -> ReportCell:
    """Write whether a row is about real or paper money."""
    if row["simulated"]:
        return ReportCell(_("Paper (sim)"), PAPER)
    return ReportCell(_("Live"), LIVE)


def name_money(row: Mapping[str, Any]) -> str:
    return PAPER if row["simulated"] else LIVE


def name_market(venue: str, market: str) -> str:
    return f"{venues.get(venue).label} {market}"
