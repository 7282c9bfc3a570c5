"""Addresses of the pages of bots, of what they did, and of what they earned."""

from django.urls import path

from bots.activity import pages as activity_pages
from bots.portfolio import page
from bots.signals import pages as signals_pages
from bots.web import actions, form_page, pages

urlpatterns = [
    path("bots/", pages.bots, name="bots"),
    path("bots/new/", form_page.new, name="bot-new"),
    path("bots/bulk/", actions.bulk, name="bots-bulk"),
    path("bots/stop-all/", actions.stop_all, name="bots-stop-all"),
    path("bots/<int:bot_id>/", pages.bot, name="bot"),
    path("bots/<int:bot_id>/edit/", form_page.edit, name="bot-edit"),
    path("bots/<int:bot_id>/delete/", actions.delete, name="bot-delete"),
    path("bots/<int:bot_id>/execute/", actions.execute, name="bot-execute"),
    path("bots/<int:bot_id>/start/", actions.act, {"what": "start"}, name="bot-start"),
    path("bots/<int:bot_id>/stop/", actions.act, {"what": "stop"}, name="bot-stop"),
    path("bots/<int:bot_id>/toggle/", actions.act, {"what": "toggle"}, name="bot-toggle"),
    path("signals/", signals_pages.signals, name="signals"),
    path("signals/<int:signal_id>/execute/", signals_pages.execute, name="signal-execute"),
    path("signals/<int:signal_id>/ignore/", signals_pages.ignore, name="signal-ignore"),
    path("signals/auto-trade/", signals_pages.auto, name="auto-trade"),
    path("signals/hook/secret/", signals_pages.show_secret, name="hook-secret"),
    path("signals/hook/rotate/", signals_pages.rotate, name="hook-rotate"),
    path("signals/hook/move/", signals_pages.move, name="hook-move"),
    path("logs/", activity_pages.show_log, name="logs"),
    path("logs/clear/", activity_pages.clear_log, name="logs-clear"),
    path("portfolio/", page.show_portfolio, name="portfolio"),
]
