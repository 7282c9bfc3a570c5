"""The bots pages: each view reads, or passes one wish on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@login_required
@require_GET
def bots(request: HttpRequest) -> HttpResponse:
    return render(request, "bots/bots.html", {"page": "bots"})
