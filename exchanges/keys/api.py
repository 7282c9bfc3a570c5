"""Exchange keys by API: attach, list, rename, switch, test, detach."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from exchanges.keys import actions, request_test
from exchanges.keys.dead_mans_switch import SwitchArmed
from exchanges.keys.serializers import Key, KeyChange, KeyTestResult, NewKey
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallError
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import REASON, Conflict
from users.sign_in.recent import RecentPassword
from users.strict.queries import YesNoFilter
from users.strict.views import KnownParametersOnly
from users.throttling import UserRate


class TestUnavailable(APIException):
    status_code = 503
    default_code = "no_answer"


class KeyInUseConflict(APIException):
    status_code = 409
    default_code = "in_use"
    default_detail = (
        "Orders or bots belong to this key, so it stays. Deactivate it instead:"
        ' PATCH {"is_active": false}.'
    )


class TestThrottle(UserRate):
    """Each test costs the venue's rate budget, which all users share."""

    scope = "key_test"
    rate = "10/min"


class KeyFilter(django_filters.FilterSet):  # type: ignore[misc]
    venue = django_filters.CharFilter(lookup_expr="iexact")
    market = django_filters.ChoiceFilter(choices=MarketKind.choices)
    is_active = YesNoFilter()

    class Meta:
        model = ExchangeKey
        fields: list[str] = []


@extend_schema(tags=["keys"])
@token_access(GET="read", test="trade", key_tokens=True)
class KeyViewSet(KnownParametersOnly, ReadOnlyModelViewSet[ExchangeKey]):
    serializer_class = Key
    queryset = ExchangeKey.objects.none()
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = KeyFilter
    patience = 8.0  # seconds for a worker and a venue to answer

    def get_queryset(self) -> QuerySet[ExchangeKey]:
        own_keys = ExchangeKey.objects.filter(user=self.request.user.pk)
        return filter_by_keys(own_keys.select_related("stream"), self.request, "pk")

    def get_permissions(self) -> Sequence[Any]:
        more = [RecentPassword()] if self.action == "create" else []
        return [*super().get_permissions(), *more]

    @extend_schema(request=NewKey, responses={201: Key, 400: REASON, 403: REASON})
    def create(self, request: Request) -> Response:
        """Attach a key. Its secret is sealed at once and never comes back.

        403 with the code `password_needed`: the sign-in of this token or session is too long ago.
        """
        fields = _validate_data(NewKey(data=request.data))
        fields["is_paper"] = fields.pop("simulated")
        try:
            key = actions.attach(user=current_user(request), **fields)
        except actions.KeyConflict as conflict:
            raise ValidationError({conflict.field: [conflict.message]}) from None
        except (sealing.CannotSeal, sealing.BadSealingKey) as trouble:
            raise TestUnavailable(str(trouble)) from None
        request_test.queue_test(key.pk)
        return Response(Key(key).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=KeyChange, responses={200: Key, 400: REASON, 404: REASON})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a key, or switch it off and on."""
        key = self.get_object()
        fields = _validate_data(KeyChange(data=request.data))
        try:
            key = _change_key(key, **fields)
        except actions.KeyConflict as conflict:
            raise ValidationError({conflict.field: [conflict.message]}) from None
        if fields.get("is_active") and TestThrottle().allow_request(request, self):
            request_test.queue_test(key.pk)
        return Response(Key(key).data)

    @extend_schema(request=None, responses={204: None, 404: REASON, 409: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a key and its secrets, unless orders were placed with it.

        Its dead man's switch is disarmed at the venue before; 409 if that fails.
        """
        try:
            actions.detach(self.get_object().pk)
        except actions.KeyInUse:
            raise KeyInUseConflict from None
        except SwitchArmed as armed:
            raise Conflict(str(armed)) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=None, responses={200: KeyTestResult, 404: REASON, 429: REASON, 503: REASON}
    )
    @action(detail=True, methods=["post"], throttle_classes=[TestThrottle])
    def test(self, request: Request, pk: str) -> Response:
        """Ask the venue, through a worker, whether the key works and what it may do."""
        key = self.get_object()
        try:
            answer = request_test.run_test(key.pk, seconds=self.patience)
        except CallError as error:
            raise TestUnavailable(str(error)) from None
        return Response(KeyTestResult(answer).data)


def _validate_data(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _change_key(
    key: ExchangeKey, *, label: str | None = None, is_active: bool | None = None
) -> ExchangeKey:
    if label is not None:
        key = actions.rename(key.pk, label)
    if is_active is not None:
        key = actions.activate(key.pk) if is_active else actions.deactivate(key.pk)
    return key
