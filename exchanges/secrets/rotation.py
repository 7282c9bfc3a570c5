"""Seal every stored secret again under the current public key. It can stop and resume anywhere.

A secret is a binary column whose name begins with `sealed_`, in whatever table of whatever app: a
table that is added later cannot be forgotten.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import transaction
from django.db.models import BinaryField, Model, Q, QuerySet
from django.db.models.functions import Substr

from exchanges.models import ExchangeKey
from exchanges.secrets import sealing

PREFIX: Final = "sealed_"


@dataclass(frozen=True, slots=True)
class RotationBatch:
    """The result of one batch: how many rows were sealed again, and which could not be opened."""

    done: int
    failed: dict[int, str]


def list_models() -> list[type[Model]]:
    """Return every table with sealed columns."""
    return [model for model in apps.get_models() if _list_columns(model)]


def list_outdated(model: type[Model] = ExchangeKey) -> QuerySet[Any]:
    """Return the rows with something sealed under another public key."""
    prefix = sealing.current_prefix()
    rows, is_outdated = model._default_manager.all(), Q()
    for column in _list_columns(model):
        begin = Substr(column, 1, len(prefix), output_field=BinaryField())
        rows = rows.annotate(**{f"{column}_prefix": begin})
        is_outdated |= ~Q(**{f"{column}_prefix": prefix}) & ~Q(**{column: b""})
    return rows.filter(is_outdated)


def reseal_all(
    private_keys: Sequence[str], *, batch_size: int, model: type[Model] = ExchangeKey
) -> Iterator[RotationBatch]:
    """Seal all outdated rows in committed batches; what cannot be opened stays as it is."""
    last = 0
    while True:
        with transaction.atomic():
            outdated = list_outdated(model).filter(pk__gt=last).select_for_update(of=("self",))
            rows = list(outdated.order_by("pk")[:batch_size])
            batch = _reseal_batch(rows, private_keys)
        if not rows:
            return
        last = rows[-1].pk
        yield batch


def _list_columns(model: type[Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [
        field.name
        for field in fields
        if isinstance(field, BinaryField) and field.name.startswith(PREFIX)
    ]


def _reseal_batch(rows: Sequence[Model], private_keys: Sequence[str]) -> RotationBatch:
    failed = {}
    for row in rows:
        columns = _list_columns(type(row))
        try:
            sealed = {name: _reseal_text(getattr(row, name), private_keys) for name in columns}
        except sealing.CannotOpen as trouble:
            failed[row.pk] = str(trouble)
            continue
        for name, value in sealed.items():
            setattr(row, name, value)
        row.save(update_fields=columns)
    return RotationBatch(len(rows) - len(failed), failed)


def _reseal_text(blob: bytes | memoryview, private_keys: Sequence[str]) -> bytes:
    return sealing.seal(sealing.open_sealed(blob, private_keys)) if blob else b""
