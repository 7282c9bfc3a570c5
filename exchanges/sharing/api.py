"""The users with whom a key is shared, by API: list, offer, end."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from exchanges.models import ExchangeKey
from exchanges.sharing import actions
from exchanges.sharing.serializers import GrantSerializer, OfferSerializer
from users.models import KeyGrant
from users.rest import REASON
from users.sign_in.recent import RecentPassword
from users.strict.views import KnownParametersOnly
from users.throttling import UserRate


class OfferRate(UserRate):
    """Thirty an hour, as each one shows up in another user's list."""

    scope = "key_offer"
    rate = "30/hour"


@extend_schema(tags=["keys"])
class GrantViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[KeyGrant]):
    """The users with whom a key of yours is shared, and those to whom it is offered."""

    serializer_class = GrantSerializer
    queryset = KeyGrant.objects.none()
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[KeyGrant]:
        return self._get_key().grants.order_by("pk")

    def get_permissions(self) -> Sequence[Any]:
        more = [RecentPassword()] if self.action == "create" else []
        return [*super().get_permissions(), *more]

    def get_throttles(self) -> list[Any]:
        more = [OfferRate()] if self.action == "create" else []
        return [*super().get_throttles(), *more]

    @extend_schema(request=OfferSerializer, responses={201: GrantSerializer, 400: REASON})
    def create(self, request: Request, key_id: int) -> Response:
        """Offer the key to a user: nothing is shared until that user accepts.

        The answer is the same if nobody has this name. 403 with the code `password_needed`: the
        sign-in of this token or session is too long ago.
        """
        key, body = self._get_key(), OfferSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            grant = actions.offer_key(key, **body.validated_data, now=timezone.now())
        except actions.GrantRefused as refused:
            raise ValidationError({refused.field: [refused.message]}) from None
        return Response(GrantSerializer(grant).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None, 404: REASON})
    def destroy(self, request: Request, key_id: int, pk: str) -> Response:
        """End a grant or an offer. From now on the user sees nothing of the key."""
        if not actions.end_grant(self.get_object().pk):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _get_key(self) -> ExchangeKey:
        own_keys = ExchangeKey.objects.filter(user=self.request.user.pk).select_related("user")
        return get_object_or_404(own_keys, pk=self.kwargs.get("key_id"))
