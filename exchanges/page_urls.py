"""Addresses of the keys page."""

from django.urls import path

from exchanges import pages

urlpatterns = [
    path("keys/", pages.overview, name="keys"),
    path("keys/<int:key_id>/test/", pages.test, name="key-test"),
    path("keys/<int:key_id>/switch/", pages.switch, name="key-switch"),
    path("keys/<int:key_id>/remove/", pages.remove, name="key-remove"),
]
