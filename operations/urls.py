"""Addresses of what operators ask and say."""

from django.urls import path

from operations import statistics

urlpatterns = [path("realtime/stats/", statistics.view, name="api-realtime-stats")]
