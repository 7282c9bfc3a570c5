"""Pagination, errors and serializers shared by the APIs of all apps."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

M = TypeVar("M", bound=Model)
REASON: Final = OpenApiResponse(description="Why not, in words")


class Conflict(APIException):
    status_code = 409
    default_code = "conflict"


class NewestFirst(CursorPagination):
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"


class OwnRows(ReadOnlyModelViewSet[M]):
    """A user's own rows of a table, newest first."""

    pagination_class = NewestFirst
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[M]:
        return super().get_queryset().filter(user=self.request.user.pk)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 404 also for a row that is deleted between its lookup and its lock."""
        gone: type[Exception] = self.get_queryset().model.DoesNotExist  # type: ignore[attr-defined]
        return super().handle_exception(Http404() if isinstance(exc, gone) else exc)


def make_shape_serializer(
    data_shape: Any, represent: Callable[[Any], Any] = lambda data: data
) -> type[serializers.BaseSerializer[Any]]:
    """Make a serializer whose output, and schema, is a typed shape of the events."""

    class ShapeSerializer(serializers.BaseSerializer[Any]):
        shape = data_shape

        def to_representation(self, instance: Any) -> Any:
            return represent(instance)

    return ShapeSerializer


class KnownFieldsOnly(serializers.Serializer[Any]):
    """Refuse unknown fields: a mistyped one could turn a simulated key into a live one."""

    unknown_field_message = "There is no such field."

    def to_internal_value(self, data: Any) -> Any:
        known = {name for name, field in self.fields.items() if not field.read_only}
        if isinstance(data, dict) and (unknown := sorted(set(map(str, data)) - known)):
            raise ValidationError({name: [self.unknown_field_message] for name in unknown})
        return super().to_internal_value(data)
