"""The page of a user's preferences."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from users.http import current_user
from users.models import User
from users.strict.inputs import NumberInput

SMALLEST = Decimal("1e-18")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    high_value = NumberInput(
        required=False,
        max_digits=38,
        decimal_places=18,
        min_value=SMALLEST,
        label="Compare orders first that are worth at least",
        help_text="In what the order is paid with. Empty: the largest of my orders, or what this"
        " installation has set. A bot may have its own.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "the largest"}),
        error_messages={"min_value": "It must be more than 0."},
    )

    class Meta:
        model = User
        fields = ["check_seconds", "high_value"]
        labels = {"check_seconds": "Compare my orders with their venue every … seconds"}
        help_texts = {
            "check_seconds": "Empty: the default of this installation. A bot may check more often;"
            " what a venue's own stream says arrives at once.",
        }


@login_required
@require_http_methods(["GET", "POST"])
def edit_preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=current_user(request))
    if form.is_valid():
        form.instance.save(update_fields=["check_seconds", "high_value"])
        messages.success(request, "Saved.")
        return redirect("preferences")
    status = 422 if form.is_bound else 200
    return render(request, "users/preferences.html", {"form": form}, status=status)
