"""New sealing keys: made, put in their place, and everything sealed anew."""

import io
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from exchanges.models import ExchangeKey
from exchanges.secrets import checks, key_files, rotation, sealing
from tests.exchanges.conftest import SECRET, Attach


def rotate(**options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("rotate_secrets", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def new_pair(settings: Settings) -> None:
    private, public = sealing.new_keypair()
    settings.SEAL_PUBLIC_KEY = public
    settings.SEAL_PRIVATE_KEYS = [private, *settings.SEAL_PRIVATE_KEYS]


@pytest.fixture
def five(attach: Attach) -> list[ExchangeKey]:
    passphrases = ["", "", "phrase", "phrase", ""]
    return [
        attach(label=f"key {n}", api_key=f"api-{n}", passphrase=passphrase)
        for n, passphrase in enumerate(passphrases)
    ]


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.FILLWATCH_HOME = tmp_path
    settings.SEAL_PUBLIC_KEY, settings.SEAL_PRIVATE_KEYS = "", []
    return tmp_path


def test_all_is_sealed_anew_and_still_opens(five: list[ExchangeKey], settings: Settings) -> None:
    new_pair(settings)
    assert rotation.list_outdated().count() == 5
    out, _ = rotate(batch=2)
    assert [line.split(" keys")[0] for line in out.splitlines()[:3]] == [
        "2 of 5",
        "4 of 5",
        "5 of 5",
    ]
    assert "Nothing is left" in out

    settings.SEAL_PRIVATE_KEYS = settings.SEAL_PRIVATE_KEYS[:1]
    keys = ExchangeKey.objects.order_by("pk")
    assert {sealing.open_sealed(key.sealed_secret) for key in keys} == {SECRET}
    assert [bool(key.sealed_passphrase) for key in keys] == [False, False, True, True, False]


def test_a_second_run_changes_nothing(five: list[ExchangeKey], settings: Settings) -> None:
    new_pair(settings)
    rotate()
    before = list(ExchangeKey.objects.order_by("pk").values_list("sealed_secret", flat=True))
    rotate()
    after = list(ExchangeKey.objects.order_by("pk").values_list("sealed_secret", flat=True))
    assert [bytes(blob) for blob in before] == [bytes(blob) for blob in after]


def test_a_run_that_was_stopped_goes_on(five: list[ExchangeKey], settings: Settings) -> None:
    new_pair(settings)
    next(rotation.reseal_all(settings.SEAL_PRIVATE_KEYS, batch_size=2))
    assert rotation.list_outdated().count() == 3
    assert "3 of 3" in rotate()[0]


def test_a_passphrase_left_behind_is_found(five: list[ExchangeKey], settings: Settings) -> None:
    old = sealing.seal("phrase")
    new_pair(settings)
    rotate()
    ExchangeKey.objects.filter(pk=five[2].pk).update(sealed_passphrase=old)
    assert list(rotation.list_outdated()) == [five[2]]


def test_a_dry_run_says_how_much_and_changes_nothing(
    five: list[ExchangeKey], settings: Settings
) -> None:
    new_pair(settings)
    with pytest.raises(CommandError) as caught:
        rotate(dry_run=True)
    assert caught.value.returncode == 3
    assert rotation.list_outdated().count() == 5
    rotate()
    assert rotate(dry_run=True)[0].startswith("0 keys to seal anew")


def test_what_cannot_be_opened_is_named_and_kept(
    five: list[ExchangeKey], settings: Settings
) -> None:
    ExchangeKey.objects.filter(pk=five[1].pk).update(sealed_secret=b"damaged")
    new_pair(settings)
    err = io.StringIO()
    with pytest.raises(CommandError, match="1 keys could not be opened") as caught:
        call_command("rotate_secrets", stdout=io.StringIO(), stderr=err)
    assert caught.value.returncode == 1
    assert err.getvalue().startswith(f"key {five[1].pk}: this is not a sealed secret")
    assert list(rotation.list_outdated()) == [five[1]]


def test_it_needs_private_keys(five: list[ExchangeKey], home: Path, settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = sealing.new_keypair()[1]
    with pytest.raises(CommandError, match="where a worker runs") as caught:
        rotate()
    assert caught.value.returncode == 2


def test_without_a_public_key_it_cannot_begin(home: Path, db: None) -> None:
    with pytest.raises(CommandError, match="SEAL_PUBLIC_KEY is not set") as caught:
        rotate(dry_run=True)
    assert caught.value.returncode == 2


def test_a_new_key_goes_to_the_home_in_front_of_the_old(home: Path) -> None:
    key_files.ensure_pair()
    (first,) = key_files.private_keys()
    out, _ = rotate(new_key=True)
    second, also_first = key_files.private_keys()
    assert also_first == first
    assert key_files.public_key() == sealing.public_half(second)
    assert second not in out
    assert "restart worker and stream" in out


def test_only_the_owner_reads_the_private_file(home: Path) -> None:
    key_files.ensure_pair()
    assert stat.S_IMODE((home / "seal-private").stat().st_mode) == 0o600


def test_a_second_start_keeps_the_pair(home: Path) -> None:
    key_files.ensure_pair()
    before = key_files.private_keys(), key_files.public_key()
    key_files.ensure_pair()
    assert (key_files.private_keys(), key_files.public_key()) == before


def test_a_lost_public_half_is_found_again(home: Path) -> None:
    key_files.ensure_pair()
    public = key_files.public_key()
    (home / "seal-public").unlink()
    key_files.ensure_pair()
    assert key_files.public_key() == public


def test_where_the_environment_holds_keys_one_is_told_what_to_set(
    seals: None, home: Path, settings: Settings
) -> None:
    settings.SEAL_PUBLIC_KEY = sealing.new_keypair()[1]
    out, _ = rotate(new_key=True)
    assert "SEAL_PRIVATE_KEYS=" in out
    assert "SEAL_PUBLIC_KEY=" in out
    assert not list(home.iterdir())


def found(settings: Settings, role: str) -> list[str | None]:
    settings.FILLWATCH_ROLE = role
    return [message.id for message in checks.sealing_keys()]


@pytest.mark.parametrize(
    ("role", "ids"),
    [
        ("command", ["exchanges.W001"]),
        ("web", ["exchanges.E001"]),
        ("worker", ["exchanges.E001", "exchanges.E003"]),
        ("stream", ["exchanges.E001", "exchanges.E003"]),
    ],
)
def test_missing_keys_are_named(home: Path, settings: Settings, role: str, ids: list[str]) -> None:
    assert found(settings, role) == ids


def test_a_good_pair_is_not_complained_of(seals: None, settings: Settings) -> None:
    assert found(settings, "worker") == []


def test_a_web_process_with_private_keys_is_warned(seals: None, settings: Settings) -> None:
    assert found(settings, "web") == ["exchanges.W002"]


def test_wrong_keys_are_named_and_not_shown(seals: None, settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY, settings.SEAL_PRIVATE_KEYS = "wrong-public", ["wrong-private"]
    settings.FILLWATCH_ROLE = "worker"
    messages = list(checks.sealing_keys())
    assert [message.id for message in messages] == ["exchanges.E002", "exchanges.E004"]
    assert "wrong-" not in str(messages)


def test_halves_of_two_pairs_are_noticed(seals: None, settings: Settings) -> None:
    settings.SEAL_PUBLIC_KEY = sealing.new_keypair()[1]
    assert found(settings, "worker") == ["exchanges.E005"]


def test_a_pair_for_settings_is_printed_and_nothing_is_kept(home: Path, settings: Settings) -> None:
    out, _ = rotate(print_pair=True)
    pair = dict(line.split("=", 1) for line in out.splitlines())
    settings.SEAL_PUBLIC_KEY = pair["SEAL_PUBLIC_KEY"]
    settings.SEAL_PRIVATE_KEYS = [pair["SEAL_PRIVATE_KEYS"]]
    assert sealing.open_sealed(sealing.seal("of a server")) == "of a server"
    assert list(home.iterdir()) == []
