"""The base of every view of the API: it refuses whatever the OpenAPI document does not list."""

from collections.abc import Callable, Mapping
from http import HTTPMethod
from typing import Any, Final

import structlog
from django.http import Http404, HttpRequest
from rest_framework import decorators
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from users.strict.operations import Operation, read_operation

NO_PARAMETER: Final = "There is no such parameter."
NO_FIELD: Final = "There is no such field."
UNCHECKED: Final = frozenset({HTTPMethod.OPTIONS})  # says what there is, and does nothing


class KnownParametersOnly(APIView):
    """Refuse unknown query parameters, and fields where there is no body to fill.

    `{"key": 4}` sent to an endpoint that takes no body must not act on all keys.
    Unknown fields of a body are refused by its serializer, see users.rest.KnownFieldsOnly.
    """

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Let the log find the body, whose secrets it hides in error texts."""
        api_request = super().initialize_request(request, *args, **kwargs)
        request.api_request = api_request  # type: ignore[attr-defined]
        return api_request

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        structlog.contextvars.bind_contextvars(user_id=request.user.pk)  # for tasks that it queues
        method = HTTPMethod.GET if request.method == HTTPMethod.HEAD else request.method
        match = request.resolver_match
        if match and method not in UNCHECKED and method in self.allowed_methods:
            _check_request(request, read_operation(match.func, match.route, str(method)))

    def handle_exception(self, exc: Exception) -> Response:
        """Refuse in JSON; 404 for a row that is deleted between its lookup and its lock."""
        rows = getattr(self, "queryset", None)
        is_gone = rows is not None and isinstance(exc, rows.model.DoesNotExist)
        if hasattr(self.request, "accepted_renderer"):  # a refusal is JSON also where CSV is asked
            self.request.accepted_renderer = JSONRenderer()
            self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(Http404() if is_gone else exc)


def api_view(methods: list[str]) -> Callable[[Callable[..., Any]], Any]:
    """Make a function an API view: REST framework's decorator of this name, with our base."""

    def decorate(function: Callable[..., Any]) -> Any:
        plain: Any = decorators.api_view(methods)(function)
        members = {"__module__": function.__module__, "__doc__": function.__doc__}
        view: Any = type(function.__name__, (KnownParametersOnly, plain.cls), members)
        return view.as_view()

    return decorate


def _check_request(request: Request, operation: Operation) -> None:
    errors = _find_parameter_errors(request, operation)
    if not operation.has_body:
        errors |= _find_body_errors(request.data)
    if errors:
        raise ValidationError(errors)


def _find_parameter_errors(request: Request, operation: Operation) -> dict[str, list[str]]:
    errors = {}
    for name, values in request.query_params.lists():
        if name not in operation.parameters:
            errors[name] = [NO_PARAMETER]
        elif len(values) > 1 and not operation.parameters[name]:
            errors[name] = ["Give it once."]
    return errors


def _find_body_errors(body: Any) -> dict[str, list[str]]:
    """Refuse a body where none is wanted; an empty object or null is none."""
    if isinstance(body, Mapping):
        return {str(name): [NO_FIELD] for name in body}
    return {} if body is None or body == "" else {"non_field_errors": ["No body is taken here."]}
