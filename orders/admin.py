"""Orders in the admin, read-only: only the reconciler writes an order's state."""

from typing import TYPE_CHECKING, Any

from celery import current_app
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from orders import placement
from orders.lifecycle import ended_by
from orders.models import IS_OPEN, Fill, Order, OrderChange, Origin

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Any]
    BaseInline = admin.TabularInline[Any, Order]
else:
    BaseAdmin, BaseInline = admin.ModelAdmin, admin.TabularInline


class ReadOnlyRows:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FillInline(ReadOnlyRows, BaseInline):
    model = Fill
    fields = ("trade_id", "price", "quantity", "fee", "fee_currency", "is_maker", "executed_at")


class ChangeInline(ReadOnlyRows, BaseInline):
    model = OrderChange
    fields = ("version", "at", "status", "filled", "actor", "reason", "source")


@admin.register(Order)
class OrderAdmin(ReadOnlyRows, BaseAdmin):
    list_display = (
        "id",
        "user",
        "key",
        "symbol",
        "side",
        "type",
        "quantity",
        "filled",
        "status",
        "origin",
        "ended_by",
        "checked_at",
        "created_at",
    )
    list_filter = (
        "status",
        "origin",
        "ended_by",
        "side",
        "type",
        "key__venue",
        "key__is_paper",
        "symbol",
    )
    list_select_related = ("user", "key")
    search_fields = ("client_order_id", "exchange_order_id", "user__username", "symbol")
    date_hierarchy = "created_at"
    inlines = (FillInline, ChangeInline)
    actions = ("check_now", "cancel")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("orders.change_order"))

    @admin.action(description="Check these orders' keys at the venue now", permissions=["view"])
    def check_now(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        keys = set(orders.values_list("key_id", flat=True))
        for key_id in keys:
            current_app.send_task("orders.check_key", args=[key_id])
        self.message_user(request, f"A worker is asking about {len(keys)} keys.")

    @admin.action(description="Cancel these orders at the venue", permissions=["cancel"])
    def cancel(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        cancellable = list(orders.filter(IS_OPEN, origin=Origin.FILLWATCH))
        by = f"operator {request.user.get_username()}"
        for order in cancellable:
            placement.cancel_order(order, by=by, actor=ended_by.OPERATOR, now=timezone.now())
        level = messages.SUCCESS if cancellable else messages.WARNING
        self.message_user(request, f"Asked for the end of {len(cancellable)} open orders.", level)


@admin.register(Fill)
class FillAdmin(ReadOnlyRows, BaseAdmin):
    list_display = ("id", "user", "symbol", "side", "price", "quantity", "fee", "executed_at")
    list_filter = ("side", "symbol")
    list_select_related = ("user",)
    search_fields = ("trade_id", "user__username", "symbol")
