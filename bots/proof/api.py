"""The API of proofs: the newest of each key, with what differs."""

from typing import Any, TypedDict

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from bots.models import StatementProof
from realtime.values import format_time, format_time_or_none
from users.api_tokens.access import filter_by_keys, token_access
from users.rest import make_shape_serializer
from users.strict.queries import IdFilter
from users.strict.views import KnownParametersOnly


class AssetProofData(TypedDict):
    """The change of one asset since the last good proof, as each side says it."""

    asset: str
    books: str
    statement: str | None
    balance: str
    difference: str
    differs: bool


class ProofData(TypedDict):
    """A proof; without `since` it is the first of its key, which compares nothing."""

    key: int
    since: str | None
    at: str
    good: bool
    assets: list[AssetProofData]


def asset_data(asset: str, row: Any) -> AssetProofData:
    return {
        "asset": asset,
        "books": row["books"],
        "statement": row["statement"],
        "balance": row["balance"],
        "difference": row["difference"],
        "differs": row["differs"],
    }


def proof_data(proof: StatementProof) -> ProofData:
    return {
        "key": proof.key_id,
        "since": format_time_or_none(proof.since),
        "at": format_time(proof.at),
        "good": proof.is_good,
        "assets": [asset_data(asset, row) for asset, row in sorted(proof.assets.items())],
    }


ProofOut = make_shape_serializer(ProofData, proof_data)


class ProofFilter(django_filters.FilterSet):  # type: ignore[misc]
    key = IdFilter("key_id")

    class Meta:
        model = StatementProof
        fields: list[str] = []


@extend_schema(tags=["keys"])
@token_access(GET="read", key_tokens=True)
class ProofViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[StatementProof]):
    """The newest proof of each key: our books against the venue's own statement and balances."""

    queryset = StatementProof.objects.none()
    serializer_class = ProofOut
    pagination_class = None
    filterset_class = ProofFilter

    def get_queryset(self) -> QuerySet[StatementProof]:
        own = StatementProof.objects.filter(user=self.request.user.pk)
        return filter_by_keys(own.order_by("key_id", "-at", "-id").distinct("key_id"), self.request)
