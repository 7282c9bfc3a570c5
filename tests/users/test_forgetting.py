"""Tokens and sessions that are over do not pile up, and those that are good stay good."""

from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tests.users.conftest import PASSWORD, Post
from users.models import EndedSignIn, User
from users.tasks import prune_expired


def test_expired_tokens_are_forgotten_and_good_ones_stay(pair: dict[str, str], post: Post) -> None:
    renewed = post("token/refresh", refresh=pair["refresh"]).json()
    used = BlacklistedToken.objects.get().token
    OutstandingToken.objects.filter(pk=used.pk).update(expires_at=timezone.now())
    prune_expired()
    assert not BlacklistedToken.objects.exists()
    assert OutstandingToken.objects.count() == 1
    assert post("token/refresh", refresh=renewed["refresh"]).status_code == 200


def test_ended_sign_ins_are_kept_as_long_as_their_tokens_could_live(
    pair: dict[str, str], post: Post
) -> None:
    post("token/blacklist", refresh=pair["refresh"])
    prune_expired()
    ended = EndedSignIn.objects.get()
    assert ended.expires_at >= OutstandingToken.objects.get().expires_at
    EndedSignIn.objects.update(expires_at=timezone.now())
    prune_expired()
    assert not EndedSignIn.objects.exists()


def test_expired_sessions_are_forgotten_and_good_ones_stay(client: Client, ada: User) -> None:
    client.post("/sign-in/", {"login": "ada", "password": PASSWORD})
    over = Session.objects.create(session_key="over", expire_date=timezone.now())
    prune_expired()
    assert not Session.objects.filter(pk=over.pk).exists()
    assert client.get("/api/v1/keys/").status_code == 200
