"""Each judgement can be passed: a suite that cannot find fault proves nothing."""

from typing import Any

import pytest

from tests.chaos.clients.frame_audit import Frame, FrameAudit, owner_mark

ME, OTHER = 7, 8


def event(seq: int, owner: int = ME, name: str = "a") -> Frame:
    return {"type": "key_update", "seq": seq, "data": {"id": 1, "label": owner_mark(owner, name)}}


def said(kind: str, **data: Any) -> Frame:
    return {"type": kind, "data": data}


def heard(*frames: Frame, topics: frozenset[str] | None = None) -> FrameAudit:
    """A client that lets everything count."""
    audit = FrameAudit(ME, topics=topics)
    for frame in (said("hello"), said("live", epoch="e", seq=5), *frames):
        audit.record_frame(frame)
        audit.record_counted(frame)
    return audit


GOOD = [event(6), event(7), said("ping", seq=7, head=9), said("live", epoch="e", seq=7)]
BAD = {
    "a gap": ("lost", [event(6), event(8)]),
    "a repeat": ("doubled", [event(6), event(6)]),
    "one out of order": ("doubled", [event(6), event(7), event(6)]),
    "a ping from before": ("lost", [event(6), said("ping", seq=5, head=9)]),
    "a ping that skips": ("lost", [event(6), said("ping", seq=7, head=9)]),
    "a live that skips": ("lost", [event(6), said("hello"), said("live", epoch="e", seq=8)]),
    "a new socket that skips": ("lost", [event(6), said("hello"), event(8)]),
    "a new socket that repeats": ("doubled", [event(6), said("hello"), event(6)]),
    "an event of another": ("others", [event(6, owner=OTHER)]),
    "a note about another": ("others", [said("stream_state", label=owner_mark(OTHER))]),
    "another user's socket": ("others", [said("ready", user=OTHER)]),
    "a frame nobody declared": ("strange", [said("gossip")]),
    "an error for nothing": ("strange", [said("error", code="bad_json")]),
}


def test_a_sound_stream_is_not_blamed() -> None:
    audit = heard(*GOOD)
    audit.compare_with([6, 7], {("key", 1): event(7)["data"]})
    assert not audit.wrong
    assert audit.numbers == [6, 7]


@pytest.mark.parametrize("name", BAD)
def test_is_blamed(name: str) -> None:
    verdict, frames = BAD[name]
    assert heard(*frames).verdicts[verdict]


def test_with_chosen_topics_gaps_are_the_rule_but_repeats_are_not() -> None:
    some = frozenset({"orders"})
    assert not heard(event(6), event(9), said("ping", seq=12, head=12), topics=some).wrong
    assert heard(event(9), event(9), topics=some).verdicts["doubled"]


@pytest.mark.parametrize(
    ("told", "truth", "verdict"),
    [
        ([6, 7, 8], {("key", 1): event(7)["data"]}, "lost"),
        ([6], {("key", 1): event(7)["data"]}, "strange"),
        ([6, 7], {("key", 1): event(7, name="b")["data"]}, "differs"),
        ([6, 7], {("key", 2): {}}, "others"),
        ([6, 7], {("key", 1): event(7)["data"], ("key", 2): {}}, "differs"),
    ],
)
def test_the_database_has_the_last_word(told: list[int], truth: Any, verdict: str) -> None:
    audit = heard(*GOOD)
    audit.compare_with(told, truth)
    assert audit.verdicts[verdict]
    assert len(audit.wrong) == sum(audit.verdicts.values())


def test_a_start_anew_forgets_what_was() -> None:
    audit = heard(*GOOD, said("reset", reason="pruned", epoch="e", seq=20))
    audit.restart_from(20, {("key", 2): {"id": 2}})
    audit.record_counted(event(21))
    audit.compare_with([21], {("key", 1): event(21)["data"], ("key", 2): {"id": 2}})
    assert not audit.wrong
