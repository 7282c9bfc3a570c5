"""Addresses of the pages of orders and of what they are placed at."""

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from orders.web import markets_page, pages

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="orders"), name="home"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}fillwatch/favicon.svg")),
    path("markets/", markets_page.markets, name="markets"),
    path("orders/", pages.orders, name="orders"),
    path("orders/statistics/", pages.statistics, name="orders-statistics"),
    path("orders/new/", pages.new, name="order-new"),
    path("orders/cancel-all/", pages.cancel_all, name="orders-cancel-all"),
    path("orders/<int:order_id>/", pages.timeline, name="order"),
    path("orders/<int:order_id>/cancel/", pages.cancel, name="order-cancel"),
]
