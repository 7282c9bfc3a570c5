"""Addresses of the pages of bots, signals, the activity log and the portfolio."""

from django.urls import path

from bots.activity import pages as activity_pages
from bots.backtest import pages as backtest_pages
from bots.market_analysis import pages as analysis_pages
from bots.portfolio import page
from bots.signals import pages as signals_pages
from bots.web import form_page, pages
from bots.web.actions import delete_bot, run_bulk, run_command, stop_everything, trade_by_hand
from bots.web.order_csv import download_orders
from bots.web.quick_find import show_found

urlpatterns = [
    path("find/", show_found, name="quick-find"),
    path("orders/csv/", download_orders, name="orders-csv"),
    path("bots/", pages.show_bots, name="bots"),
    path("bots/new/", form_page.new_bot, name="bot-new"),
    path("bots/compare/", pages.compare_bots, name="bots-compare"),
    path("bots/bulk/", run_bulk, name="bots-bulk"),
    path("bots/stop-all/", stop_everything, name="bots-stop-all"),
    path("bots/<int:bot_id>/", pages.show_bot, name="bot"),
    path("bots/<int:bot_id>/edit/", form_page.edit_bot, name="bot-edit"),
    path("bots/<int:bot_id>/delete/", delete_bot, name="bot-delete"),
    path("bots/<int:bot_id>/execute/", trade_by_hand, name="bot-execute"),
    path("bots/<int:bot_id>/start/", run_command, {"command": "start"}, name="bot-start"),
    path("bots/<int:bot_id>/stop/", run_command, {"command": "stop"}, name="bot-stop"),
    path("bots/<int:bot_id>/toggle/", run_command, {"command": "toggle"}, name="bot-toggle"),
    path("backtests/", backtest_pages.show_backtests, name="backtests"),
    path("backtests/new/", backtest_pages.new_backtest, name="backtest-new"),
    path("backtests/<int:backtest_id>/", backtest_pages.show_backtest, name="backtest"),
    path(
        "backtests/<int:backtest_id>/cancel/",
        backtest_pages.cancel_backtest,
        name="backtest-cancel",
    ),
    path(
        "backtests/<int:backtest_id>/delete/",
        backtest_pages.delete_backtest,
        name="backtest-delete",
    ),
    path("signals/", signals_pages.show_signals, name="signals"),
    path("signals/<int:signal_id>/execute/", signals_pages.execute_signal, name="signal-execute"),
    path("signals/<int:signal_id>/ignore/", signals_pages.ignore_signal, name="signal-ignore"),
    path("signals/auto-trade/", signals_pages.change_auto_trade, name="auto-trade"),
    path("signals/hook/secret/", signals_pages.show_secret, name="hook-secret"),
    path("signals/hook/rotate/", signals_pages.rotate_secret, name="hook-rotate"),
    path("signals/hook/move/", signals_pages.move_hook, name="hook-move"),
    path("market-analysis/<path:name>/", analysis_pages.show_analysis, name="market-analysis"),
    path("logs/", activity_pages.show_log, name="logs"),
    path("logs/clear/", activity_pages.clear_log, name="logs-clear"),
    path("portfolio/", page.show_portfolio, name="portfolio"),
]
