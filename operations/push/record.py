"""Record what operators push by API: done once, and announced to the other operators.

1. A row claims the operator's idempotency key; the same request again gets that row's answer.
2. The push is done in the same transaction: all of it, or nothing and no row.
3. After the commit the other operators are told.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from operations.models import Push
from operations.push.actions import PUSH_ACTIONS
from realtime import operator_messages, streams
from users.models import User

RECORDED = 8_000  # characters of a body; more of it is cut off


class IdempotencyKeyReused(Exception):
    """The idempotency key was used for something else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PushRequest:
    """The body an operator sent, and its validated fields; the key may be empty."""

    kind: Push.Kind
    body: object
    fields: Mapping[str, Any]
    idempotency_key: str = ""


def record_push(operator: User, request: PushRequest, *, now: datetime) -> tuple[Push, bool]:
    """Do the push and return its row, and whether it is new; PushRefused if it cannot be done."""
    with streams.unit():
        row, fresh = _claim_key(operator, request, now)
        if not fresh:
            return row, False
        result = PUSH_ACTIONS[request.kind](request.fields, operator, now)
        row.target = result.target[:200]
        row.result = {"id": row.pk, "kind": row.kind, **result.data}
        row.save(update_fields=["target", "result"])
        operator_messages.notify_staff(
            by=row.by, action=f"push {row.kind}", target=row.target, message=result.message, now=now
        )
    return row, True


def record_refusal(
    operator: User, kind: Push.Kind, *, body: object, reason: object, now: datetime
) -> None:
    """Record a push that was refused; nothing was done."""
    Push.objects.create(
        operator=operator,
        by=operator.get_username(),
        kind=kind,
        target="",
        body=_make_recordable(body),
        done=False,
        result={"refused": _make_recordable(reason)},
        at=now,
    )


def _claim_key(operator: User, request: PushRequest, now: datetime) -> tuple[Push, bool]:
    row = Push(
        operator=operator,
        by=operator.get_username(),
        kind=request.kind,
        body=_make_recordable(request.body),
        done=True,
        idempotency_key=request.idempotency_key,
        at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if not request.idempotency_key:
            raise
        earlier = Push.objects.get(operator=operator, idempotency_key=request.idempotency_key)
        if (earlier.kind, earlier.body) != (row.kind, row.body):
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another push; use a new one."
            ) from None
        return earlier, False
    return row, True


def _make_recordable(body: object) -> Any:
    """Return the body as it came, cut if the database could not or should not hold it."""
    text = json.dumps(body, default=str)
    if len(text) > RECORDED or "\\u0000" in text or "\\ud" in text:
        return {"cut": text[:RECORDED]}
    return {} if body is None else json.loads(text)
