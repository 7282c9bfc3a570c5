"""FAILURE 69: each part of one installation dies or stands still, and the rest goes on.

The expectations are in tests/failures/harness/outage_table.py, which the documents show.
"""

from collections.abc import Iterator

import pytest

from tests.failures.harness.outage_table import ROWS, OutageRow, read_table, write_table
from tests.failures.harness.outages import Outage, strike_part
from tests.failures.harness.whole import WholeInstallation, run_whole

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def ours() -> Iterator[WholeInstallation]:
    with run_whole(ORDER_CHECK_SECONDS="1", VENUE_TIMEOUT_SECONDS="2") as installation:
        yield installation


@pytest.mark.parametrize(("part", "how"), ROWS, ids=str)
def test_69_the_rest_goes_on(part: str, how: str, ours: WholeInstallation) -> None:
    row: OutageRow = ROWS[part, how]
    trader = ours.make_trader()
    resting = ours.place_resting(trader)
    with trader.listen() as ears:
        with strike_part(ours, part, how):
            outage = Outage(ours, trader, ears, row)
            outage.check_answers()
            outage.check_placing()
            outage.check_fill(resting)
            outage.check_socket()
        outage.check_end(resting)


def test_69_doctor_names_what_stands_still(ours: WholeInstallation) -> None:
    with strike_part(ours, "valkey", "frozen"), strike_part(ours, "postgres", "frozen"):
        answer = ours.run_command("doctor")
    assert answer.returncode == 1
    for words in ("postgres   does not answer", "redis      does not answer"):
        assert words in answer.stdout
    assert "Traceback" not in answer.stderr


def test_the_documents_show_what_is_tested() -> None:
    assert read_table() == write_table(), "run `python -m tests.failures.harness.outage_table`"
