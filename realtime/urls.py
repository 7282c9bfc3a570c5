"""Where the documents of the socket are."""

from django.urls import path

from realtime import documents

urlpatterns = [
    path("asyncapi.json", documents.document, name="asyncapi"),
    path("events/", documents.page, name="events"),
]
