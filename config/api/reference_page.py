"""The page of the API: every operation, searchable, each with an example request. No script."""

from functools import cache
from itertools import groupby
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from config.api import reference
from config.api.reference import ApiOperation

LONGEST_SEARCH: Final = 100


@require_safe
def show_reference(request: HttpRequest) -> HttpResponse:
    """Show the list of operations; with `?tag=` the whole entries of one subject."""
    operations = read_operations()
    search = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    tags = list(dict.fromkeys(operation.tag for operation in operations))
    tag = request.GET.get("tag", "")
    found = reference.search_operations(operations, search) if search else operations
    context = {
        "page": "docs",
        "tags": tags,
        "tag": tag if tag in tags else "",
        "entries": [operation for operation in operations if operation.tag == tag],
        "groups": [(name, list(rows)) for name, rows in groupby(found, lambda one: one.tag)],
        "count": len(found),
        "total": len(operations),
        "filters": {"q": search},
    }
    return render(request, "api/reference.html", context)


@cache
def read_operations() -> list[ApiOperation]:
    """Build the operations once in each process: the document changes with a release only."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return reference.list_operations(document, base_url=settings.FILLWATCH_URL.rstrip("/"))
