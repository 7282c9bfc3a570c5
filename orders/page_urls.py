"""URLs of the pages of orders and markets."""

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from orders.sharing import pages as sharing_pages
from orders.web import change_pages, close_page, market_page, markets_page, oco_page, pages
from orders.web.listing import pages as listing_pages
from orders.web.order_page import pages as order_page
from orders.web.placing import pages as placing_pages

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="orders"), name="home"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}fillwatch/favicon.svg")),
    path("markets/", markets_page.show_markets, name="markets"),
    path("markets/favourites/", markets_page.change_favourite, name="market-favourite"),
    path("markets/<path:name>/day/", markets_page.show_day, name="market-day"),
    path("markets/<path:name>/ladder/", market_page.show_ladder, name="market-ladder"),
    path("markets/<path:name>/", market_page.show_market, name="market"),
    path("shared-keys/<int:key_id>/accept/", sharing_pages.accept, name="accept-key"),
    path("orders/", pages.list_orders, name="orders"),
    path("orders/statistics/", pages.show_statistics, name="orders-statistics"),
    path("orders/new/", placing_pages.place_order, name="order-new"),
    path("orders/new/preview/", placing_pages.preview_order, name="order-preview"),
    path("orders/oco/new/", oco_page.place_oco, name="oco-new"),
    path("orders/profits/", listing_pages.show_profits, name="orders-profits"),
    path("orders/columns/", listing_pages.choose_columns, name="orders-columns"),
    path("orders/cancel-chosen/", listing_pages.cancel_chosen, name="orders-cancel-chosen"),
    path("orders/cancel-all/", pages.cancel_open_orders, name="orders-cancel-all"),
    path("positions/close/", close_page.close_by_page, name="position-close"),
    path("orders/<int:order_id>/", order_page.show_order, name="order"),
    path("orders/<int:order_id>/amend/", change_pages.amend_order, name="order-amend"),
    path("orders/<int:order_id>/cancel/", change_pages.cancel_order, name="order-cancel"),
    path(
        "orders/<int:order_id>/group/cancel/", change_pages.cancel_group, name="order-group-cancel"
    ),
    path("orders/<int:order_id>/close/", change_pages.close_order, name="order-close"),
]
