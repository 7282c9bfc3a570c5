"""Where the documents of the socket are."""

from django.urls import path

from realtime.docs import views

urlpatterns = [
    path("asyncapi.json", views.document, name="asyncapi"),
    path("events/", views.page, name="events"),
]
