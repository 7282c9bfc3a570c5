"""Addresses of the pages of bots, of what they did, and of what they earned."""

from django.urls import path

from bots import logs_page, pages

urlpatterns = [
    path("bots/", pages.bots, name="bots"),
    path("logs/", logs_page.logs, name="logs"),
]
