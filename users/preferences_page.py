"""The page of a user's preferences."""

import zoneinfo
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from users.http import current_user
from users.models import Theme, User
from users.strict.inputs import NumberInput

SMALLEST = Decimal("1e-18")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    high_value = NumberInput(
        required=False,
        max_digits=38,
        decimal_places=18,
        min_value=SMALLEST,
        label=gettext_lazy("Compare orders first that are worth at least"),
        help_text=gettext_lazy(
            "In what the order is paid with. Empty: the largest of my orders, or what this"
            " installation has set. A bot may have its own."
        ),
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "placeholder": gettext_lazy("the largest")}
        ),
        error_messages={"min_value": gettext_lazy("It must be more than 0.")},
    )

    class Meta:
        model = User
        fields = [
            *("language", "theme", "density", "number_format", "time_zone"),
            *("check_seconds", "high_value", "fill_sound", "fill_notifications"),
        ]
        labels = {
            "language": gettext_lazy("Language"),
            "check_seconds": gettext_lazy("Compare my orders with their venue every … seconds"),
            "time_zone": gettext_lazy("Time zone"),
            "theme": gettext_lazy("Light or dark"),
            "density": gettext_lazy("Rows of tables"),
            "number_format": gettext_lazy("Numbers"),
            "fill_sound": gettext_lazy("Play a sound on each fill"),
            "fill_notifications": gettext_lazy("Show a browser notification on each fill"),
        }
        help_texts = {
            "language": "",
            "theme": "",
            "density": "",
            "number_format": gettext_lazy(
                "On pages. What you type, the API and files keep 1234.56."
            ),
            "fill_sound": gettext_lazy(
                "By an open page that you have clicked or typed into, visible or not."
            ),
            "fill_notifications": gettext_lazy(
                "While Fillwatch is open in the browser, but not visible."
            ),
            "time_zone": gettext_lazy(
                "Empty: the browser's. Days of pages begin by UTC, days of reports here."
            ),
            "check_seconds": gettext_lazy(
                "Empty: the default of this installation. A bot may check more often;"
                " what a venue's own stream says arrives at once."
            ),
        }
        widgets = {"time_zone": forms.TextInput(attrs={"list": "time-zones"})}


@login_required
@require_http_methods(["GET", "POST"])
def edit_preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=current_user(request))
    if form.is_valid():
        form.instance.save(update_fields=PreferencesForm.Meta.fields)
        messages.success(request, _("Saved."))
        return redirect("preferences")
    status = 422 if form.is_bound else 200
    context = {"page": "preferences", "form": form, "time_zones": list_time_zones()}
    return render(request, "users/preferences.html", context, status=status)


@login_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Set the theme by the button of the menu. What is no theme changes nothing."""
    user, theme = current_user(request), request.POST.get("theme", "")
    if theme in Theme.values:
        user.theme = theme
        user.save(update_fields=["theme"])
    return redirect("preferences")


def list_time_zones() -> list[str]:
    """List the zones to choose from: those of places, without the old names of others."""
    names = (name for name in zoneinfo.available_timezones() if "/" in name)
    return ["UTC", *sorted(name for name in names if not name.startswith(("Etc/", "SystemV/")))]
