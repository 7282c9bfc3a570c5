"""What operators push by API: done once, on record, and told to the other operators.

1. A row takes the operator's idempotency key; who sends the same again gets that row's answer.
2. What was wished is done in the same transaction: all of it, or nothing and no row.
3. After the commit the other operators are told.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from operations.models import Push
from operations.push.actions import ACTS
from realtime import operator_messages, streams
from users.models import User

RECORDED = 8_000  # characters of a body; more of it is cut off


class AnotherPush(Exception):
    """The idempotency key was used for something else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What an operator sent, and what it means; the key may be empty."""

    kind: Push.Kind
    body: object
    given: Mapping[str, Any]
    idempotency_key: str = ""


def push(operator: User, wish: Wish, *, now: datetime) -> tuple[Push, bool]:
    """The push, and whether it is new; Refused if it cannot be done."""
    with streams.unit():
        row, fresh = _claim(operator, wish, now)
        if not fresh:
            return row, False
        done = ACTS[wish.kind](wish.given, operator, now)
        row.target, row.result = done.target[:200], {"id": row.pk, "kind": row.kind, **done.told}
        row.save(update_fields=["target", "result"])
        operator_messages.did(
            by=row.by, action=f"push {row.kind}", target=row.target, words=done.words, now=now
        )
    return row, True


def record_refusal(
    operator: User, kind: Push.Kind, *, body: object, why: object, now: datetime
) -> None:
    """Nothing was done; that it was tried is on record all the same."""
    Push.objects.create(
        operator=operator,
        by=operator.get_username(),
        kind=kind,
        target="",
        body=_recordable(body),
        done=False,
        result={"refused": _recordable(why)},
        at=now,
    )


def _claim(operator: User, wish: Wish, now: datetime) -> tuple[Push, bool]:
    row = Push(
        operator=operator,
        by=operator.get_username(),
        kind=wish.kind,
        body=_recordable(wish.body),
        done=True,
        idempotency_key=wish.idempotency_key,
        at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if not wish.idempotency_key:
            raise
        earlier = Push.objects.get(operator=operator, idempotency_key=wish.idempotency_key)
        if (earlier.kind, earlier.body) != (row.kind, row.body):
            raise AnotherPush(
                "This Idempotency-Key was used for another push; use a new one for a new wish."
            ) from None
        return earlier, False
    return row, True


def _recordable(body: object) -> Any:
    """As it came, unless the database could not hold it or should not."""
    text = json.dumps(body, default=str)
    if len(text) > RECORDED or "\\u0000" in text or "\\ud" in text:
        return {"cut": text[:RECORDED]}
    return {} if body is None else json.loads(text)
