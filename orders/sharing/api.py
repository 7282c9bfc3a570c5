"""The keys that other users share with one, by API: list, accept, leave."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from exchanges.sharing.actions import end_grant
from exchanges.sharing.serializers import SharedKeySerializer
from orders.sharing.accept import accept_key
from users.api_tokens.access import filter_by_keys, token_access
from users.models import KeyGrant
from users.rest import REASON
from users.strict.views import KnownParametersOnly


@extend_schema(tags=["keys"])
@token_access(list="read", key_tokens=True)
class SharedKeyViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[KeyGrant]):
    """The keys that other users share with you or offer to you."""

    serializer_class = SharedKeySerializer
    queryset = KeyGrant.objects.none()
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"
    lookup_field = "key_id"
    lookup_url_kwarg = "pk"

    def get_queryset(self) -> QuerySet[KeyGrant]:
        grants = KeyGrant.objects.filter(member=self.request.user.pk)
        return filter_by_keys(grants.select_related("key__user").order_by("pk"), self.request)

    @extend_schema(request=None, responses={200: SharedKeySerializer, 404: REASON})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Accept an offer. The key's orders, balances and positions come as events."""
        try:
            accept_key(self.get_object().pk, now=timezone.now())
        except KeyGrant.DoesNotExist:  # its owner has just ended the offer
            raise NotFound from None
        return Response(SharedKeySerializer(get_object_or_404(self.get_queryset(), key=pk)).data)

    @extend_schema(request=None, responses={204: None, 404: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Decline an offer, or leave a key: nothing of it is visible any more."""
        end_grant(self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
