"""FAILURES 65: an exit fills in parts, is refused or cancelled by hand, or we die in between."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from orders import placement, submission
from orders.groups import actions, due, evaluation
from orders.models import Order
from tests.failures.harness import groups
from tests.failures.harness.groups import (
    LOSS_AT,
    PROFIT_AT,
    QUANTITY,
    check_at_rest,
    enter,
    get_exit,
    list_open_here,
    list_open_there,
    move_price,
    place_bracket,
    read_group,
    read_left,
    settle,
    work_through,
)
from tests.failures.harness.scene import MARKETS, Scene
from tests.orders.conftest import move_to_past

everywhere = pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)


class Killed(Exception):
    """The process dies: what it had not committed never happened."""


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.know_symbols()
    move_price(scene, groups.PRICE)
    return scene


@everywhere
def test_65_exits_follow_an_entry_that_fills_in_parts(scene: Scene) -> None:
    entry = place_bracket(scene)
    settle(scene)
    check_at_rest(scene, "waiting")
    scene.fill(entry, "0.005")
    settle(scene)
    left = read_left(entry)
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)
    scene.fill(entry)
    settle(scene)
    left = read_left(entry)
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)
    move_price(scene, PROFIT_AT)
    settle(scene)
    check_at_rest(scene, "done")
    assert (get_exit("take_profit").filled, get_exit("stop_loss").filled) == (left, 0)
    assert read_group().note == ""


@everywhere
def test_65_a_part_of_one_exit_shrinks_the_other(scene: Scene) -> None:
    entry = enter(scene, exits=groups.build_exits(profit_limit="71000"))
    left = read_left(entry)
    scene.fill(get_exit("take_profit"), "0.005")
    settle(scene)
    left -= Decimal("0.005")
    if evaluation.holds_pair(read_group()):  # it ends one exit when the other begins
        check_at_rest(scene, "active", take_profit=left)
        assert read_group().note == "its venue ended the stop loss when the other exit began"
        scene.fill(get_exit("take_profit"))
    else:
        check_at_rest(scene, "active", take_profit=left, stop_loss=left)
        move_price(scene, LOSS_AT)
    settle(scene)
    check_at_rest(scene, "done")
    exited = sum(order.filled for order in Order.objects.exclude(role="entry"))
    assert exited == read_left(entry)


@everywhere
@pytest.mark.parametrize("role", ["take_profit", "stop_loss"])
def test_65_an_exit_cancelled_by_hand_is_told_and_not_placed_again(scene: Scene, role: str) -> None:
    entry = enter(scene)
    scene.cancel_by_hand(get_exit(role))
    settle(scene)
    group, other = read_group(), {"take_profit": "stop_loss"}.get(role, "take_profit")
    lost = ("take_profit", "stop_loss") if evaluation.holds_pair(group) else (role,)
    remaining = {} if len(lost) == 2 else {other: read_left(entry)}
    check_at_rest(scene, "unprotected", **remaining)
    for each in lost:
        assert f"no {each.replace('_', ' ')}: canceled" in group.note
    assert (group.ended_at is not None) is (not remaining)


@everywhere
def test_65_an_exit_that_is_refused_is_told(scene: Scene) -> None:
    """The price has passed the stop before the entry's fill was heard."""
    entry = place_bracket(scene, type="market", price=None, exits=groups.build_exits())
    work_through(scene)
    move_price(scene, LOSS_AT - 1000)
    settle(scene)
    group = read_group()
    assert group.state == "unprotected"
    assert f"{read_left(entry).normalize():f} left" in group.note
    assert "no stop loss: " in group.note
    assert list_open_there(scene) == list_open_here()
    scene.agree()


@everywhere
def test_65_an_entry_that_ends_early(scene: Scene) -> None:
    unfilled = place_bracket(scene)
    work_through(scene)
    placement.cancel_order(unfilled, by="ada", now=timezone.now())
    settle(scene)
    check_at_rest(scene, "done")
    assert read_group().note == "its entry ended without a fill"


@everywhere
def test_65_an_entry_cancelled_in_part_keeps_exits_for_its_part(scene: Scene) -> None:
    entry = enter(scene, "0.005")
    placement.cancel_order(entry, by="ada", now=timezone.now())
    settle(scene)
    left = read_left(entry)
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)


@everywhere
@pytest.mark.parametrize("kind", ["close_after_accept", "close"])
def test_65_exits_whose_answers_are_lost_exist_once(scene: Scene, kind: str) -> None:
    entry = place_bracket(scene)
    work_through(scene)
    scene.fill(entry)
    scene.sweep()
    evaluation.evaluate_group(read_group().pk, now=timezone.now())
    scene.fault(kind, method="POST", times=2)
    for order in Order.objects.filter(status="pending"):
        try:
            submission.submit_order(order.pk)
        except submission.StillUnknown:
            scene.wait(order, "unknown")
    scene.mend()
    if kind == "close":  # it never arrived, which takes a while to be certain
        for order in Order.objects.filter(status="unknown"):
            move_to_past(order)
    for _ in range(3):
        settle(scene)
    left = read_left(entry)
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)


def decide_and_die(group_id: int) -> None:
    with transaction.atomic():
        evaluation.evaluate_group(group_id, now=timezone.now())
        raise Killed


@everywhere
def test_65_killed_between_any_two_steps(scene: Scene) -> None:
    """Each decision is lost once before it is committed, and no task is ever delivered."""
    entry = place_bracket(scene)
    work_through(scene)
    scene.fill(entry, "0.005")
    for _ in range(3):
        scene.sweep()
        before = groups.read_versions()
        for group_id in due.list_due(now=timezone.now()):
            with pytest.raises(Killed):
                decide_and_die(group_id)
        assert groups.read_versions() == before
        work_through(scene)
    scene.fill(entry)
    settle(scene)
    left = read_left(entry)
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)
    for _ in range(2):  # and twice is once
        evaluation.evaluate_group(read_group().pk, now=timezone.now())
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)


@everywhere
def test_65_a_group_is_cancelled_as_one(scene: Scene) -> None:
    entry = enter(scene, "0.005")
    actions.cancel_group(read_group(), now=timezone.now())
    settle(scene)
    check_at_rest(scene, "done")
    left = read_left(entry)
    assert read_group().note == f"cancelled with {left.normalize():f} left, which has no exit"


@everywhere
@pytest.mark.parametrize(("price", "winner"), [(PROFIT_AT, "take_profit"), (LOSS_AT, "stop_loss")])
def test_65_of_two_exits_alone_one_ends_the_other(
    scene: Scene, price: Decimal, winner: str
) -> None:
    if scene.market.market == "futures":
        scene.place(type="market", price=None, quantity=QUANTITY)
    request = actions.OcoRequest(
        key=scene.key,
        symbol=scene.market.symbol,
        side="sell",
        quantity=QUANTITY,
        exits=groups.build_exits(),
    )
    actions.place_oco(user=scene.user, request=request, now=timezone.now())
    settle(scene)
    check_at_rest(scene, "active", take_profit=QUANTITY, stop_loss=QUANTITY)
    move_price(scene, price)
    settle(scene)
    check_at_rest(scene, "done")
    assert get_exit(winner).filled == QUANTITY
