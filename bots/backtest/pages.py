"""The pages of back-tests: the list, the form, and the result."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bots.backtest import commands, forms, record, result_page
from bots.backtest.api import LARGE
from bots.backtest.forms import BacktestForm
from bots.backtest.validation import MOST_CANDLES, TESTABLE
from bots.models import Backtest, Bot, Strategy
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings
from users.http import current_user, is_id

USUAL: Final = "grid"


@login_required
@require_GET
def show_backtests(request: HttpRequest) -> HttpResponse:
    rows = Backtest.objects.filter(user=current_user(request)).defer(*LARGE)
    backtests = [result_page.describe_row(row) for row in rows[: record.MOST_STORED + 10]]
    context = {"page": "bots", "backtests": backtests, "now": timezone.now()}
    return render(request, "backtests/backtest_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_backtest(request: HttpRequest) -> HttpResponse:
    """Show the form, filled from a bot or an earlier back-test, or queue what it describes."""
    now, (strategy, initial) = timezone.now(), _initial_choice(request)
    form = BacktestForm(request.POST or None, strategy=strategy, now=now, initial=initial)
    if form.is_valid() and (backtest := _create_backtest(request, form)):
        return redirect("backtest", backtest_id=backtest.pk)
    place = form["place"].value() or ""
    context = {
        "page": "bots",
        "form": form,
        "symbols": forms.list_symbols(str(place)),
        "strategies": [(name, STRATEGIES[name]) for name in TESTABLE],
        "most_candles": MOST_CANDLES,
    }
    status = 422 if form.is_bound else 200
    return render(request, "backtests/backtest_form.html", context, status=status)


@login_required
@require_GET
def show_backtest(request: HttpRequest, backtest_id: int) -> HttpResponse:
    backtest = _get_own(request, backtest_id)
    context = {"page": "bots", **result_page.result_context(backtest, now=timezone.now())}
    return render(request, "backtests/backtest.html", context)


@login_required
@require_POST
def cancel_backtest(request: HttpRequest, backtest_id: int) -> HttpResponse:
    backtest = _get_own(request, backtest_id)
    if record.cancel_backtest(backtest, now=timezone.now()):
        messages.info(request, _("The back-test is cancelled."))
    else:
        messages.info(request, _("It had finished already."))
    return redirect("backtest", backtest_id=backtest.pk)


@login_required
@require_POST
def delete_backtest(request: HttpRequest, backtest_id: int) -> HttpResponse:
    record.delete_backtest(_get_own(request, backtest_id))
    messages.info(request, _("The back-test is deleted."))
    return redirect("backtests")


def _create_backtest(request: HttpRequest, form: BacktestForm) -> Backtest | None:
    backtest = form.make_backtest()
    backtest.user = current_user(request)
    try:
        return commands.create_backtest(backtest, now=timezone.now())
    except InvalidSettings as error:
        form.add_errors(error)
    except record.BacktestRefused as refused:
        form.add_error(None, str(refused))
    return None


def _initial_choice(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """Return the strategy and the initial values, as the address asks for them."""
    usual, initial = USUAL, forms.default_values(forms.list_places())
    bot_id, like = request.GET.get("bot", ""), request.GET.get("like", "")
    if is_id(bot_id):
        bots = Bot.objects.filter(user=current_user(request)).exclude(strategy=Strategy.MANUAL)
        bot = get_object_or_404(bots.select_related("key"), pk=bot_id)
        usual, initial = bot.strategy, forms.bot_values(bot)
    elif is_id(like):
        backtest = _get_own(request, int(like))
        usual, initial = backtest.strategy, forms.backtest_values(backtest)
    place = request.GET.get("place", "")
    if place in dict(forms.list_places()):
        initial |= {"place": place}
    name = request.POST.get("strategy") or request.GET.get("strategy", "")
    return (name if name in TESTABLE else usual), initial


def _get_own(request: HttpRequest, backtest_id: int) -> Backtest:
    return get_object_or_404(Backtest, pk=backtest_id, user=current_user(request))
