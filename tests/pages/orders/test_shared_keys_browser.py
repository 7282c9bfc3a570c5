"""The orders page of a member follows a shared key live, from the acceptance to the end."""

import pytest
from django.utils import timezone

from exchanges.models import ExchangeKey
from exchanges.sharing.actions import end_grant, offer_key
from orders.sharing.accept import accept_key
from tests.pages.conftest import Tab
from tests.trading import record_order
from users.models import User

pytestmark = pytest.mark.browser
LIVE = "#dot[data-state=live]"


def test_a_members_page_follows_a_shared_key(tab: Tab, other_user: User, key: ExchangeKey) -> None:
    page, now = tab(other_user), timezone.now()
    page.wait_for_selector(LIVE)
    before = record_order(key)
    grant = offer_key(key, member="bob", role="viewer", now=now)
    accept_key(grant.pk, now=now)
    page.wait_for_selector(f"#order-{before.pk} .chip.shared:has-text('ada')")
    order = record_order(key)
    row = f"#rows #order-{order.pk}"
    page.wait_for_selector(f"{row} .chip.shared:has-text('ada')")
    assert page.is_hidden(f"{row} [data-act=cancel]")
    end_grant(grant.pk)
    page.wait_for_selector(row, state="detached")
