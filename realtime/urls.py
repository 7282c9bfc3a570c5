"""The paths of the socket's documents."""

from django.urls import path

from realtime.docs import views

urlpatterns = [
    path("asyncapi.json", views.asyncapi_document, name="asyncapi"),
    path("events/", views.reference_page, name="events"),
]
