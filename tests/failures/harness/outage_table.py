"""What goes on while one part is away: the expectations of a test, and the table in the docs.

`python -m tests.failures.harness.outage_table` writes the table into docs/outages.md.
"""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final, Literal

from config.launcher.home import BASE

DOCUMENT: Final = BASE / "docs" / "outages.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
Answer = Literal["works", "503 in words", "no answer"]
Placing = Literal["sent at once", "kept, sent after the end", "503 in words", "no answer"]
Socket = Literal["live", "closed with 4003", "broken off", "silent"]
When = Literal["meanwhile", "after the end"]


@dataclass(frozen=True)
class OutageRow:
    """What one kind of outage of one part lets through."""

    page: Answer
    read: Answer
    placing: Placing
    socket: Socket
    fill_recorded: When
    fill_told: When


ALL_WELL = OutageRow("works", "works", "sent at once", "live", "meanwhile", "meanwhile")
NO_SENDING = OutageRow(
    "works", "works", "kept, sent after the end", "live", "meanwhile", "meanwhile"
)
NO_VENUE = OutageRow(
    "works", "works", "kept, sent after the end", "live", "after the end", "after the end"
)
NO_DATABASE = OutageRow(
    "503 in words",
    "503 in words",
    "503 in words",
    "closed with 4003",
    "after the end",
    "after the end",
)
WEB_KILLED = OutageRow(
    "no answer", "no answer", "no answer", "broken off", "meanwhile", "after the end"
)
WEB_FROZEN = OutageRow(
    "no answer", "no answer", "no answer", "silent", "meanwhile", "after the end"
)
ROWS: Final = {
    ("web", "killed"): WEB_KILLED,
    ("web", "frozen"): WEB_FROZEN,
    ("worker", "killed"): NO_SENDING,
    ("worker", "frozen"): NO_SENDING,
    ("beat", "killed"): ALL_WELL,
    ("beat", "frozen"): ALL_WELL,
    ("stream", "killed"): ALL_WELL,
    ("stream", "frozen"): ALL_WELL,
    ("valkey", "killed"): NO_SENDING,
    ("valkey", "frozen"): NO_SENDING,
    ("postgres", "killed"): NO_DATABASE,
    ("postgres", "frozen"): NO_DATABASE,
    ("simulator", "killed"): NO_VENUE,
    ("simulator", "frozen"): NO_VENUE,
}
LABELS: Final = {"valkey": "Redis", "postgres": "PostgreSQL", "simulator": "simulated venue"}
TITLES: Final = (
    "part",
    "it is",
    "page",
    "API read",
    "placing an order",
    "socket",
    "fill recorded",
    "fill told",
)


def write_table() -> str:
    lines = [TITLES, ("---",) * len(TITLES)]
    for (part, how), row in ROWS.items():
        lines.append((LABELS.get(part, part), how, *astuple(row)))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read_table(document: Path = DOCUMENT) -> str:
    return document.read_text().partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    text = DOCUMENT.read_text()
    start, rest = text.split(BEGIN)
    DOCUMENT.write_text(f"{start}{BEGIN}{write_table()}{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
