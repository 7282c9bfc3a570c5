"""The header by which a repeated request places one order only."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

HEADER: Final = "Idempotency-Key"
IDEMPOTENCY: Final = OpenApiParameter(
    HEADER,
    location=OpenApiParameter.HEADER,
    description="Any text of yours, 100 characters at most: the same one places one order only.",
)


def read_idempotency_key(request: Request) -> str:
    name = str(request.headers.get(HEADER, "")).strip()
    if len(name) > 100:
        raise ValidationError({HEADER: ["At most 100 characters."]})
    if name.startswith("bot "):
        raise ValidationError({HEADER: ["What begins with “bot ” is for bots."]})
    return name
