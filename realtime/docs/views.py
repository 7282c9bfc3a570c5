"""The documents of the socket: for programs, and as a page for people. Both without signing in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from realtime.docs import asyncapi
from realtime.docs import page as docs_page


@require_safe
def asyncapi_document(request: HttpRequest) -> JsonResponse:
    document = asyncapi.build_document(
        request.get_host(), secure=request.is_secure(), bounds=settings.REALTIME
    )
    return JsonResponse(document, json_dumps_params={"ensure_ascii": False})


@require_safe
def reference_page(request: HttpRequest) -> HttpResponse:
    return render(
        request, "events/event_reference.html", docs_page.build_context(settings.REALTIME)
    )
