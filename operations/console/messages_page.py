"""The console's page of messages that were given up: send them again, or drop them."""

from typing import Any, Final

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from operations.console.access import (
    Question,
    act_and_return,
    ask_or_act,
    operator_page,
    render_section,
)
from operations.console.sections import CHANGE_OUTBOX, SEE_OUTBOX, is_allowed
from operations.models import OutboxMessage
from operations.notifications.sent import resend
from users.http import current_user

PAGE: Final = "operations-messages"
MOST_ROWS: Final = 100
DEAD: Final = OutboxMessage.OutboxStatus.DEAD


@operator_page(SEE_OUTBOX)
def show_messages(request: HttpRequest) -> HttpResponse:
    """Show the messages that were given up, and how many wait."""
    dead = OutboxMessage.objects.filter(status=DEAD).select_related("user", "way")
    counts = OutboxMessage.objects.order_by().values_list("status").annotate(Count("pk"))
    labels = dict(OutboxMessage.OutboxStatus.choices)
    context: dict[str, Any] = {
        "rows": dead[:MOST_ROWS],
        "counts": [(labels[status], number) for status, number in counts],
        "may_act": is_allowed(current_user(request), CHANGE_OUTBOX),
    }
    return render_section(request, PAGE, "dead_letters", context)


@operator_page(CHANGE_OUTBOX, methods=("POST",))
def resend_message(request: HttpRequest, message_id: int) -> HttpResponse:
    message = _find_message(message_id)

    def send_again() -> str:
        resend.resend_message(message.user_id, message.pk, now=timezone.now())
        return f"“{message.title}” is sent again."

    return act_and_return(request, send_again, back=PAGE, refusals=(resend.CannotResend,))


@operator_page(CHANGE_OUTBOX, methods=("GET", "POST"))
def drop_message(request: HttpRequest, message_id: int) -> HttpResponse:
    message = _find_message(message_id)
    text = f"“{message.title}” to {message.user.get_username()} is deleted and never sent."

    def drop() -> str:
        resend.drop_message(message.pk, by=current_user(request))
        return f"“{message.title}” was dropped."

    question = Question(text, "Drop it", title="Drop this message?")
    return ask_or_act(request, question, drop, back=PAGE, refusals=(resend.CannotResend,))


def _find_message(message_id: int) -> OutboxMessage:
    message = OutboxMessage.objects.filter(pk=message_id).select_related("user").first()
    if message is None:
        raise Http404
    return message
