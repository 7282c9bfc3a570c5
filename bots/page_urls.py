"""Addresses of the pages of bots, of what they did, and of what they earned."""

from django.urls import path

from bots import acts, form_page, logs_page, pages, portfolio_page, signals_page

urlpatterns = [
    path("bots/", pages.bots, name="bots"),
    path("bots/new/", form_page.new, name="bot-new"),
    path("bots/bulk/", acts.bulk, name="bots-bulk"),
    path("bots/stop-all/", acts.stop_all, name="bots-stop-all"),
    path("bots/<int:bot_id>/", pages.bot, name="bot"),
    path("bots/<int:bot_id>/edit/", form_page.edit, name="bot-edit"),
    path("bots/<int:bot_id>/delete/", acts.delete, name="bot-delete"),
    path("bots/<int:bot_id>/execute/", acts.execute, name="bot-execute"),
    path("bots/<int:bot_id>/start/", acts.act, {"what": "start"}, name="bot-start"),
    path("bots/<int:bot_id>/stop/", acts.act, {"what": "stop"}, name="bot-stop"),
    path("bots/<int:bot_id>/toggle/", acts.act, {"what": "toggle"}, name="bot-toggle"),
    path("signals/", signals_page.signals, name="signals"),
    path("signals/<int:signal_id>/execute/", signals_page.execute, name="signal-execute"),
    path("signals/<int:signal_id>/ignore/", signals_page.ignore, name="signal-ignore"),
    path("signals/auto-trade/", signals_page.auto, name="auto-trade"),
    path("signals/hook/secret/", signals_page.show_secret, name="hook-secret"),
    path("signals/hook/rotate/", signals_page.rotate, name="hook-rotate"),
    path("signals/hook/move/", signals_page.move, name="hook-move"),
    path("logs/", logs_page.logs, name="logs"),
    path("logs/clear/", logs_page.clear, name="logs-clear"),
    path("portfolio/", portfolio_page.page, name="portfolio"),
]
