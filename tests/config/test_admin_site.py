"""The admin: groups, short decimals, and pages in the frame's colours."""

import re
from decimal import Decimal

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from bots.models import Bot
from config.admin_site import GROUPS, trim_column
from exchanges.models import Balance
from tests.conftest import sign_in
from users.models import User

GROUP = re.compile(r'class="section"[^>]*>\s*([^<]+?)\s*</a>')


def test_every_list_has_a_group() -> None:
    grouped = [label for labels in GROUPS.values() for label in labels]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {model._meta.label_lower for model in admin.site._registry}


def test_the_index_shows_groups_and_the_way_back(client: Client, staff_user: User) -> None:
    sign_in(client, staff_user)
    text = client.get("/admin/").content.decode()
    assert GROUP.findall(text)[: len(GROUPS)] == list(GROUPS)
    assert reverse("operations") in text
    assert "log entries" in text.lower()


def test_a_column_shows_decimals_without_zeros() -> None:
    show = trim_column(Balance, "free")
    assert callable(show)
    assert show(Balance(free=Decimal("0.500"))) == "0.5"
    assert show(Balance(free=Decimal("1000.000"))) == "1000"
    assert trim_column(Bot, "name") == "name"
    assert trim_column(Bot, "__str__") == "__str__"
