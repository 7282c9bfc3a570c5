"""A report as CSV: one line for each figure, always with the same columns."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

from bots.pnl.csv_stream import WRITERS
from operations.reports.documents.sections import ReportDocument, ReportTable

COLUMNS: Final = ("section", "item", "money", "figure", "value", "unit")
Line = tuple[str, ...]


def write_csv(document: ReportDocument) -> str:
    """Write all tables, with every digit of each amount; what is not known is empty."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for table in document.tables:
        writer.writerows(_list_lines(table))
    return file.getvalue()


def _list_lines(table: ReportTable) -> Iterator[Line]:
    for row in table.rows:
        names = [cell.exact for cell in row.cells[: row.names]]
        item = " · ".join(name for name in names if name and name.lower() != row.money)
        for column, cell in list(zip(table.columns, row.cells, strict=True))[row.names :]:
            yield (
                _write_text(table.title),
                _write_text(item),
                row.money,
                column,
                cell.exact if cell.is_number else _write_text(cell.exact),
                cell.unit,
            )


def _write_text(text: str) -> str:
    """Write a text that no spreadsheet takes for a formula."""
    return WRITERS[str](text)
