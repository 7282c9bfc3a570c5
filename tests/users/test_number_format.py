"""Numbers of pages in the person's own format, and of nothing else."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from bots.formatting import format_percent, format_sum
from bots.templatetags.bot_formatting import format_average, format_count
from exchanges.models import ExchangeKey
from exchanges.templatetags.amounts import amount
from orders.templatetags.money import short, signed
from orders.web.row_text import format_number
from tests.pages.orders.test_order_table import read_file
from tests.trading import record_order
from users.models import User
from users.number_format.separators import number_format, write_number

WRITERS: list[tuple[Callable[[], str], str]] = [
    (lambda: format_number("-1234567.5", 2), "\N{MINUS SIGN}1,234,567.50"),
    (lambda: format_sum(Decimal("1234.5"), "USDT"), "1,234.50"),
    (lambda: format_percent(Decimal("12.345")), "1,234.5 %"),
    (lambda: format_average(Decimal("1234.5678")), "1,234.5678"),
    (lambda: format_count(1234), "1,234"),
    (lambda: short(Decimal("1234.5")), "1,234"),
    (lambda: short(Decimal("0.125")), "0.125"),
    (lambda: signed(Decimal("1234.5")), "+1,234.50"),
    (lambda: "".join(amount("1234.5", 3).values()), "1,234.500"),
]


@pytest.mark.parametrize(("write", "plain"), WRITERS)
def test_all_writers_know_the_formats(write: Callable[[], str], plain: str) -> None:
    assert write() == plain
    with number_format(lambda: "comma"):
        assert write() == plain.translate(str.maketrans(",.", ".,"))
    with number_format(lambda: "space"):
        assert write() == plain.replace(",", "\u202f")
    assert write() == plain


def test_what_is_no_format_changes_nothing() -> None:
    with number_format(lambda: "roman"):
        assert write_number("1,234.56") == "1,234.56"


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_pages_follow_the_choice_and_the_api_does_not(ada: Client, key: ExchangeKey) -> None:
    order = record_order(key, price=Decimal("41000.5"))
    assert "41,000" in ada.get("/orders/").content.decode()
    choice = {"number_format": "comma", "theme": "", "density": "", "time_zone": ""}
    assert ada.post("/preferences/", choice).status_code == 302
    page = ada.get("/orders/").content.decode()
    assert 'data-numbers="comma"' in page.split("<head>")[0]
    assert ">41.000<" in page
    assert ">,5<" in page
    assert ada.get(f"/api/v1/orders/{order.pk}/").json()["price"] == "41000.5"
    assert read_file(ada, "/orders/csv/")[0]["price"] == "41000.5"
    assert 'value="41000.5"' in ada.get(f"/orders/{order.pk}/amend/").content.decode()


def test_each_person_has_their_own(ada: Client, key: ExchangeKey, other_user: User) -> None:
    User.objects.filter(pk=other_user.pk).update(number_format="comma")
    record_order(key, price=Decimal("41000.5"))
    assert ">41,000<" in ada.get("/orders/").content.decode()
