"""A phrase is English where it is made, and in the language of the person where it is read."""

import json
import threading

from django.utils import translation
from django.utils.translation import get_language

from users.languages.recipient import localize, write_for
from users.languages.text import CountPhrase, Phrase
from users.models import User

SALE = Phrase("%(side)s at %(price)s, turn %(turn)s", side=Phrase("sell"), price="51000", turn=2)


def test_a_phrase_is_a_plain_english_string() -> None:
    assert SALE == "sell at 51000, turn 2"
    assert json.loads(json.dumps({"reason": SALE})) == {"reason": "sell at 51000, turn 2"}
    assert Phrase("trails the price by %(percent)s %%", percent="1.5").endswith("by 1.5 %")


def test_it_is_written_in_the_language_of_the_person() -> None:
    assert write_for(User(language="de"), SALE) == "Verkauf zu 51000, Runde 2"
    assert write_for(User(language="zh-hans"), SALE) == "以 51000 卖出，第 2 轮"  # noqa: RUF001 (a Chinese comma)
    assert write_for(User(language=""), SALE) == SALE
    assert write_for(None, SALE) == SALE


def test_a_number_chooses_the_form() -> None:
    bots = [CountPhrase("%(count)s bot", "%(count)s bots", count=count) for count in (1, 2)]
    assert bots == ["1 bot", "2 bots"]
    with translation.override("de"):
        assert [localize(each) for each in bots] == ["1 Bot", "2 Bots"]
    with translation.override("vi"):
        assert [localize(each) for each in bots] == ["1 bot", "2 bot"]


def test_any_other_string_stays_as_it_is() -> None:
    assert write_for(User(language="de"), "sell") == "sell"


def test_the_language_stays_with_the_text() -> None:
    """Neither the rest of this task nor another thread writes in it."""
    with translation.override("vi"):
        write_for(User(language="de"), SALE)
        assert get_language() == "vi"
        heard: list[str] = []
        thread = threading.Thread(target=lambda: heard.append(localize(SALE)))
        thread.start()
        thread.join()
    assert heard == [SALE]
