"""The answer to OPTIONS: what the endpoint is. Its fields are in the OpenAPI document."""

from typing import TYPE_CHECKING, Any

from rest_framework.metadata import SimpleMetadata

if TYPE_CHECKING:  # REST framework reads this module while it makes the view itself
    from rest_framework.request import Request
    from rest_framework.views import APIView


class EndpointMetadata(SimpleMetadata):
    """REST framework's, without the fields: it reads them off the serializer of the answers."""

    def determine_metadata(self, request: "Request", view: "APIView") -> dict[str, Any]:
        return {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "methods": view.allowed_methods,
            "renders": [renderer.media_type for renderer in view.renderer_classes],
            "parses": [parser.media_type for parser in view.parser_classes],
        }
