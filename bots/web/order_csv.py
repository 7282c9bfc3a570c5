"""The orders that the page's filters select, as a file that is streamed."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from bots.pnl import csv_tables
from bots.pnl.csv_api import build_csv_response
from orders.models import Order
from orders.web.listing.order_list import OrderFilters
from users.http import current_user


@login_required
@require_GET
def download_orders(request: HttpRequest) -> StreamingHttpResponse:
    """Download all orders that match, by id; the columns are those of the API's export."""
    filters = OrderFilters.from_query(request.GET)
    orders = filters.apply(Order.objects.visible_to(current_user(request).pk))
    rows = csv_tables.add_closed_profit(orders)
    return build_csv_response("orders", csv_tables.ORDERS, iter([rows]))
