"""Addresses of the keys page."""

from django.urls import path

from exchanges import pages

urlpatterns = [
    path("keys/", pages.overview, name="keys"),
    path("keys/<int:key_id>/test/", pages.test, name="test-key"),
    path("keys/<int:key_id>/switch/", pages.switch, name="switch-key"),
    path("keys/<int:key_id>/remove/", pages.remove, name="remove-key"),
]
