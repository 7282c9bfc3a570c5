"""Addresses of the keys and holdings pages."""

from django.urls import path

from exchanges import holdings_page, leverage_door, pages

urlpatterns = [
    path("holdings/", holdings_page.holdings, name="holdings"),
    path("keys/", pages.overview, name="keys"),
    path("keys/<int:key_id>/leverage/", leverage_door.by_page, name="key-leverage"),
    path("keys/<int:key_id>/test/", pages.test, name="test-key"),
    path("keys/<int:key_id>/switch/", pages.switch, name="switch-key"),
    path("keys/<int:key_id>/remove/", pages.remove, name="remove-key"),
]
