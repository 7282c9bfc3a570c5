"""Addresses of the API of bots and signals."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from bots.activity.api import LogEntryViewSet
from bots.backtest.api import BacktestViewSet
from bots.backtest.api import export_fills as export_past_fills
from bots.income.api import IncomeViewSet
from bots.market_analysis.api import list_analyses
from bots.pnl import api, csv_api
from bots.portfolio import api as portfolio_api
from bots.proof.api import ProofViewSet
from bots.signals import api as signals_api
from bots.web import limits_api
from bots.web.api import BotViewSet, list_strategies, stop_everything, stop_progress

router = SimpleRouter()
router.register("bots", BotViewSet, basename="api-bot")
router.register("backtests", BacktestViewSet, basename="api-backtest")
router.register("logs", LogEntryViewSet, basename="api-log")
router.register("analytics/rounds", api.ClosedTradeViewSet, basename="api-round")
router.register("income", IncomeViewSet, basename="api-income")
router.register("proofs", ProofViewSet, basename="api-proof")
router.register("signals", signals_api.SignalViewSet, basename="api-signal")

urlpatterns = [
    path("markets/analysis/", list_analyses, name="api-market-analysis"),
    path("backtests/<int:pk>/fills.csv", export_past_fills, name="api-backtest-fills"),
    path("limits/", limits_api.shared_limits, name="api-limits"),
    path("strategies/", list_strategies, name="api-strategies"),
    path("hook/", signals_api.show_hook, name="api-hook"),
    path("hook/rotate/", signals_api.rotate_secret, name="api-hook-rotate"),
    path("hook/move/", signals_api.move_hook, name="api-hook-move"),
    path("auto-trade/", signals_api.auto_trade_settings, name="api-auto-trade"),
    path("bots/stop-all/", stop_everything, name="api-stop-all"),
    path("bots/stop-all/<int:pk>/", stop_progress, name="api-stopped-all"),
    path("analytics/summary/", api.get_summary, name="api-summary"),
    path("analytics/daily/", api.get_daily, name="api-daily"),
    path("analytics/hours/", api.get_hours, name="api-hours"),
    path("analytics/unrealised/", api.get_unrealised, name="api-unrealised"),
    path("analytics/bots/", api.compare_bots, name="api-compared"),
    path("portfolio/", portfolio_api.get_portfolio, name="api-portfolio"),
    path("portfolio/history/", portfolio_api.get_history, name="api-portfolio-history"),
    path("export/orders.csv", csv_api.export_orders, name="api-export-orders"),
    path("export/fills.csv", csv_api.export_fills, name="api-export-fills"),
    path("export/income.csv", csv_api.export_income, name="api-export-income"),
    path("export/pnl.csv", csv_api.export_pnl, name="api-export-pnl"),
    *router.urls,
]
