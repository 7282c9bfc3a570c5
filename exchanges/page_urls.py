"""URLs of the keys and holdings pages."""

from django.urls import path

from exchanges.holdings import pages as holdings_pages
from exchanges.keys import dead_mans_switch_views, leverage_views, pages, position_mode_views
from exchanges.sharing import pages as sharing_pages

urlpatterns = [
    path("holdings/", holdings_pages.holdings, name="holdings"),
    path("keys/", pages.overview, name="keys"),
    path("keys/<int:key_id>/leverage/", leverage_views.by_page, name="key-leverage"),
    path("keys/<int:key_id>/position-mode/", position_mode_views.by_page, name="key-position-mode"),
    path("keys/<int:key_id>/dead-mans-switch/", dead_mans_switch_views.by_page, name="key-switch"),
    path("keys/<int:key_id>/test/", pages.test, name="test-key"),
    path("keys/<int:key_id>/switch/", pages.switch, name="switch-key"),
    path("keys/<int:key_id>/remove/", pages.remove, name="remove-key"),
    path("keys/<int:key_id>/share/", sharing_pages.share, name="share-key"),
    path("keys/<int:key_id>/grants/<int:grant_id>/end/", sharing_pages.end, name="end-grant"),
    path("shared-keys/<int:key_id>/leave/", sharing_pages.leave, name="leave-key"),
]
