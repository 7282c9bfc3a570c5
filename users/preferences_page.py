"""The page of a user's preferences."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from users.http import current_user
from users.models import User


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    class Meta:
        model = User
        fields = ["check_seconds"]
        labels = {"check_seconds": "Compare my orders with their venue every … seconds"}
        help_texts = {
            "check_seconds": "Empty: the default of this installation. A bot may check more often;"
            " what a venue's own stream says arrives at once."
        }


@login_required
@require_http_methods(["GET", "POST"])
def edit_preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=current_user(request))
    if form.is_valid():
        form.instance.save(update_fields=["check_seconds"])
        messages.success(request, "Saved.")
        return redirect("preferences")
    status = 422 if form.is_bound else 200
    return render(request, "users/preferences.html", {"form": form}, status=status)
