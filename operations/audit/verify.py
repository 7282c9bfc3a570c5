"""Verify the audit log: find changed, missing and reordered rows, and rows that nobody sealed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from operations.audit import chain
from operations.models import AuditChange, AuditCheckpoint, AuditSeal

PATIENCE: Final = timedelta(minutes=10)  # that a change may wait for its seal
MOST_FINDINGS: Final = 100


@dataclass(slots=True)
class Verification:
    """Findings of a verification; keep `head` elsewhere, for the next one."""

    sealed: int = 0
    unsealed: int = 0
    is_late: bool = False  # changes wait for their seal for so long that nobody can be sealing
    head: str = ""
    problems: list[str] = field(default_factory=list)

    def add_problem(self, text: str) -> None:
        if len(self.problems) < MOST_FINDINGS:
            self.problems.append(text)


def verify_chain(*, now: datetime, expected_head: str = "") -> Verification:
    """Read the whole log; `expected_head` is the head of an earlier verification or log line."""
    result = Verification()
    checkpoint = AuditCheckpoint.objects.first()
    number, digest = (checkpoint.number, checkpoint.hash) if checkpoint else (0, chain.START)
    heads = {f"{number}:{digest}"} if checkpoint else set()
    if checkpoint and not chain.is_signed(number, digest, checkpoint.signature):
        result.add_problem(f"The checkpoint at {number} is not signed by this installation.")
    for seal, change in _read_seals():
        _check_seal(result, seal, change, number + 1, digest)
        number, digest = seal.number, seal.hash  # as it is stored, so that later ones are checked
        result.sealed += 1
        if str(seal) == expected_head:
            heads.add(expected_head)
    result.head = f"{number}:{digest}"
    if expected_head and expected_head not in heads:
        result.add_problem(f"The head {expected_head} is not in the chain: its end was cut off.")
    waiting = chain.unsealed_changes()
    result.unsealed = waiting.count()
    result.is_late = waiting.filter(at__lt=now - PATIENCE).exists()
    return result


def _check_seal(
    result: Verification, seal: AuditSeal, change: AuditChange | None, number: int, digest: str
) -> None:
    place = f"seal {seal.number} (change {seal.change_id})"
    if seal.number != number:
        result.add_problem(f"Seals {number} to {seal.number - 1} are missing.")
    if not chain.is_signed(seal.number, seal.hash, seal.signature):
        result.add_problem(f"The {place} is not signed by this installation.")
    if change is None:
        result.add_problem(f"The change of {place} is missing.")
    elif seal.number == number and chain.hash_change(digest, change) != seal.hash:
        result.add_problem(f"The change of {place} was altered, or its place was.")


def _read_seals() -> Iterator[tuple[AuditSeal, AuditChange | None]]:
    last = -1
    while seals := list(
        AuditSeal.objects.filter(number__gt=last).order_by("number")[: chain.BATCH]
    ):
        changes = AuditChange.objects.in_bulk([seal.change_id for seal in seals])
        yield from ((seal, changes.get(seal.change_id)) for seal in seals)
        last = seals[-1].number
