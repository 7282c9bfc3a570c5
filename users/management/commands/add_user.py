"""Make an account, and print the link with which its owner chooses a password."""

import sys
from argparse import ArgumentParser
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.urls import reverse

from users.commands import CommandWithExamples
from users.models import User

EXAMPLES = """
  manage.py add_user ada --email ada@example.org     prints a link to choose a password
  manage.py add_user olga --operator                 who may do everything
  manage.py add_user ada --again                     the link was lost, or it is too old

Exit code 0: done; 1: it was refused, and nothing was made.
"""


class Command(CommandWithExamples):
    help = "Make an account, and print a link with which its owner chooses a password."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="", help="the address of the account")
        parser.add_argument("--operator", action="store_true", help="may do everything")
        parser.add_argument("--password-stdin", action="store_true", help="read the password")
        parser.add_argument(
            "--again", action="store_true", help="a new link for somebody who has an account"
        )

    def handle(self, *, username: str, again: bool, **options: Any) -> None:
        user = self._find_user(username) if again else self._add_user(username, **options)
        if user.has_usable_password() and not again:
            self.stdout.write(f"{username} can sign in.")
            return
        self.stdout.write(f"{make_password_link(user)}\nWith it {username} chooses a password.")

    def _add_user(
        self, username: str, *, email: str, operator: bool, password_stdin: bool, **_: Any
    ) -> User:
        user = User(
            username=username, email=email.lower(), is_staff=operator, is_superuser=operator
        )
        user.set_unusable_password()
        try:
            if password_stdin:
                password = sys.stdin.readline().rstrip("\n")
                validate_password(password, user)
                user.set_password(password)
            user.full_clean()
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        user.save()
        return user

    def _find_user(self, username: str) -> User:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account {username}.")
        return user


def make_password_link(user: User) -> str:
    """Return a link like the one of "Forgot your password?", for places without mail."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    address = reverse("account_reset_password_from_key", kwargs=key)
    return f"{settings.FILLWATCH_URL.rstrip('/')}{address}"
