"""A sealed secret opens where a private key is, and nowhere else."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from exchanges.secrets import sealing

PRIVATE, PUBLIC = sealing.new_keypair()
OLD_PRIVATE, OLD_PUBLIC = sealing.new_keypair()
SECRET = "xK9-never-show-this"


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = PUBLIC
    settings.SEAL_PRIVATE_KEYS = [PRIVATE]


@pytest.mark.parametrize("text", [SECRET, "", "wörter 言葉", "x" * 10_000])
def test_what_was_sealed_opens(text: str) -> None:
    assert sealing.open_sealed(sealing.seal(text)) == text


def test_the_database_gives_a_memoryview() -> None:
    assert sealing.open_sealed(memoryview(sealing.seal(SECRET))) == SECRET


def test_one_secret_never_looks_the_same_twice() -> None:
    assert sealing.seal(SECRET) != sealing.seal(SECRET)


def test_the_text_is_not_in_the_blob() -> None:
    assert SECRET.encode() not in sealing.seal(SECRET)


def test_a_process_without_private_keys_can_seal_but_not_open(settings: Settings) -> None:
    settings.SEAL_PRIVATE_KEYS = []
    blob = sealing.seal(SECRET)
    with pytest.raises(sealing.CannotOpen, match="only worker and stream can"):
        sealing.open_sealed(blob)


def test_an_older_private_key_still_opens(settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = OLD_PUBLIC
    blob = sealing.seal(SECRET)
    settings.SEAL_PRIVATE_KEYS = [PRIVATE, OLD_PRIVATE]
    assert sealing.open_sealed(blob) == SECRET


def test_the_missing_key_is_named(settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = OLD_PUBLIC
    blob = sealing.seal(SECRET)
    with pytest.raises(sealing.CannotOpen, match=sealing.key_name(OLD_PUBLIC)):
        sealing.open_sealed(blob)


def test_the_blob_says_which_key_sealed_it() -> None:
    assert sealing.seal(SECRET).startswith(sealing.current_prefix())
    assert sealing.current_prefix()[1:].hex() == sealing.key_name(PUBLIC)


def test_a_private_key_knows_its_public_half() -> None:
    assert sealing.public_half(PRIVATE) == PUBLIC


def damaged(blob: bytes) -> bytes:
    return blob[:-1] + bytes([blob[-1] ^ 1])


@pytest.mark.parametrize("spoil", [damaged, lambda blob: blob[:20], lambda _: b"", lambda _: b"ab"])
def test_a_damaged_blob_is_refused_in_words(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(sealing.CannotOpen, match="attach the key again"):
        sealing.open_sealed(spoil(sealing.seal(SECRET)))


def test_without_a_public_key_nothing_is_sealed(settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = ""
    with pytest.raises(sealing.CannotSeal, match="SEAL_PUBLIC_KEY is not set"):
        sealing.seal(SECRET)


@pytest.mark.parametrize(
    "text",
    ["not base64!", "c2hvcnQ=", PUBLIC + "AAAA", "ключ"],
    ids=["not base64", "too short", "too long", "not ascii"],
)
def test_a_bad_key_is_refused_without_being_shown(settings: Settings, text: str) -> None:
    settings.SEAL_PRIVATE_KEYS = [text]
    with pytest.raises(sealing.BadSealingKey) as caught:
        sealing.open_sealed(sealing.seal(SECRET))
    assert "SEAL_PRIVATE_KEYS" in str(caught.value)
    assert text not in str(caught.value)
