"""Table of the adapter contract's tests: passed per venue and ability."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import Result

ROOT: Final = Path(__file__).resolve().parent.parent
# How the names of its test classes begin, below tests/exchanges.
VENUES: Final = {
    "Binance spot": ("binance.test_spot.Test", "test_statements.TestBinanceSpot"),
    "Binance USD-M": (
        "binance.test_futures.Test",
        "test_hedge.TestBinanceUsdm",
        "test_statements.TestBinanceUsdm",
    ),
    "OKX spot": ("okx.test_adapter.TestSpot", "test_statements.TestOkxSpot"),
    "OKX swaps": (
        "okx.test_adapter.TestSwap",
        "test_hedge.TestOkxSwap",
        "test_statements.TestOkxSwap",
    ),
    "Bybit spot": ("bybit.test_adapter.TestSpot", "test_statements.TestBybitSpot"),
    "Bybit linear": (
        "bybit.test_adapter.TestLinear",
        "test_hedge.TestBybitLinear",
        "test_statements.TestBybitLinear",
    ),
    "any other, polled": ("other_venues.test_adapter.Test",),
}
# Of tests that run once for each market: their module, and how their parameter names the market.
GROUPS: Final = "tests.failures.found_since.test_groups_65"
MARKETS: Final = {
    "binance-spot": "Binance spot",
    "binance-futures": "Binance USD-M",
    "okx-spot": "OKX spot",
    "okx-futures": "OKX swaps",
    "bybit-spot": "Bybit spot",
    "bybit-futures": "Bybit linear",
}
ABILITIES: Final = {
    "place": (
        "test_a_resting_order_is_new_and_found_in_every_way",
        "test_the_fills_of_a_market_order_add_up_exactly",
    ),
    "cancel": (
        "test_cancelling_by_our_own_name",
        "test_cancelling_what_was_filled_changes_nothing",
    ),
    "amend by hand": (
        "test_an_order_changed_by_hand_keeps_its_ids",
        "test_a_partly_filled_order_changed_by_hand_keeps_its_fills",
        "test_what_others_do_to_an_order_is_told",
    ),
    "stream fill": ("test_a_fill_is_told_as_it_is_listed", "test_many_parts_are_all_told"),
    "poll fill": ("test_a_fill_is_found_by_asking",),
    "partial then cancel": (
        "test_partly_filled_then_cancelled_keeps_what_was_filled",
        "test_a_part_then_a_cancel",
    ),
    "restart in between": (
        "test_orders_outlive_a_restart_of_the_venue",
        "test_it_outlives_a_restart_of_the_venue",
    ),
    "amend": (
        "test_an_order_gets_another_price_and_amount",
        "test_the_amount_counts_what_is_filled_already",
        "test_amended_twice_it_is_changed_once",
    ),
    "hedge": (
        "test_the_mode_is_read_and_set_and_set_again",
        "test_both_sides_are_held_and_closed_apart",
        "test_a_resting_and_a_waiting_order_keep_their_side",
        "test_what_does_not_fit_the_mode_is_named_so",
        "test_the_stream_tells_the_sides_apart",
    ),
    "statement": (
        "test_each_payment_is_a_line",
        "test_the_statement_explains_the_balance",
    ),
    "funding": ("test_funding_is_a_line_of_its_own",),
    "quote-sized": ("test_an_order_for_a_sum_of_money_trades_for_that_sum",),
    "waits for a price": (
        "test_it_exists_after_placing",
        "test_it_is_filled_once_the_price_is_there",
        "test_cancelled_it_never_fires",
    ),
    "oco": ("test_65_of_two_exits_alone_one_ends_the_other",),
    "attached": (
        "test_65_exits_follow_an_entry_that_fills_in_parts",
        "test_65_a_part_of_one_exit_shrinks_the_other",
        "test_65_an_exit_cancelled_by_hand_is_told_and_not_placed_again",
        "test_65_an_exit_that_is_refused_is_told",
        "test_65_exits_whose_answers_are_lost_exist_once",
        "test_65_killed_between_any_two_steps",
    ),
}
Cells = Counter[tuple[str, str, bool]]


def run(*, quick: bool) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        _run_contract(told)
        cells = Counter(_read_outcomes(told))
    rows = [
        [venue, *(_format_cell(cells, venue, ability) for ability in ABILITIES)] for venue in VENUES
    ]
    counted = Counter(kept for _, _, kept in cells.elements())
    return Result(
        title="What every adapter does at every venue: tests passed of tests",
        columns=["", *ABILITIES],
        rows=rows,
        figures={"passed": counted[True], "failed": counted[False]},
    )


def _run_contract(told: Path) -> None:
    names = sorted({name for names in ABILITIES.values() for name in names})
    prefixes = {prefix for prefixes in VENUES.values() for prefix in prefixes}
    modules = [*sorted({*map(_find_path, prefixes)}), f"{GROUPS.replace('.', '/')}.py"]
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={told}", "-k", " or ".join(names)]
    subprocess.run([*command, *modules], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)


def _find_path(prefix: str) -> str:
    return f"tests/exchanges/{prefix.rpartition('.')[0].replace('.', '/')}.py"


def _read_outcomes(told: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield venue, ability and whether that test passed."""
    for case in ElementTree.parse(told).iter("testcase"):  # noqa: S314 (pytest wrote it just now)
        name = str(case.get("name")).partition("[")[0]
        passed = not any(child.tag in ("failure", "error", "skipped") for child in case)
        for venue in _list_venues(case):
            yield from (
                (venue, ability, passed) for ability in ABILITIES if name in ABILITIES[ability]
            )


def _list_venues(case: ElementTree.Element) -> list[str]:
    place, parameters = str(case.get("classname")), str(case.get("name")).partition("[")[2]
    if place == GROUPS:
        return [venue for market, venue in MARKETS.items() if market in parameters]
    place = place.removeprefix("tests.exchanges.")
    return [venue for venue, prefixes in VENUES.items() if place.startswith(prefixes)]


def _format_cell(cells: Cells, venue: str, ability: str) -> str:
    passed, failed = (cells[venue, ability, kept] for kept in (True, False))
    return f"{passed}/{passed + failed}" if passed + failed else "none"
