"""Pagination, errors and serializers shared by the APIs of all apps."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from users.http import is_id
from users.strict.views import KnownParametersOnly

M = TypeVar("M", bound=Model)
REASON: Final = OpenApiResponse(description="Why not, in words")


class Conflict(APIException):
    status_code = 409
    default_code = "conflict"


class CursorPages(CursorPagination):
    """Pages by a cursor; a limit or a cursor that makes no sense is refused, not left out."""

    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        text, most = request.query_params.get("limit", ""), self.max_page_size or self.page_size
        if not text:
            return self.page_size
        if not is_id(text) or not 1 <= int(text) <= most:
            raise ValidationError({"limit": [f"A whole number from 1 to {most}."]})
        return int(text)

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not self.is_position(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def is_position(self, text: str) -> bool:
        """Tell whether the database can compare its rows with this part of a cursor."""
        return is_id(text)


class NewestFirst(CursorPages):
    ordering = "-id"


class OwnRows(KnownParametersOnly, ReadOnlyModelViewSet[M]):
    """A user's own rows of a table, newest first."""

    pagination_class = NewestFirst
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[M]:
        return super().get_queryset().filter(user=self.request.user.pk)


def make_shape_serializer(
    data_shape: Any, represent: Callable[[Any], Any] = lambda data: data
) -> type[serializers.BaseSerializer[Any]]:
    """Make a serializer whose output, and schema, is a typed shape of the events."""

    class ShapeSerializer(serializers.BaseSerializer[Any]):
        shape = data_shape

        def to_representation(self, instance: Any) -> Any:
            return represent(instance)

    return ShapeSerializer


class StaffRight(IsAdminUser):
    """Let in those of the staff who have the view's `right`, as Django's groups say."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        right: str = view.right  # type: ignore[attr-defined]
        self.message = f"This needs the permission {right}."
        return super().has_permission(request, view) and request.user.has_perm(right)


class KnownFieldsOnly(serializers.Serializer[Any]):
    """Refuse unknown fields: a mistyped one could turn a simulated key into a live one."""

    unknown_field_message = "There is no such field."

    def to_internal_value(self, data: Any) -> Any:
        known = {name for name, field in self.fields.items() if not field.read_only}
        if isinstance(data, dict) and (unknown := sorted(set(map(str, data)) - known)):
            raise ValidationError({name: [self.unknown_field_message] for name in unknown})
        return super().to_internal_value(data)
