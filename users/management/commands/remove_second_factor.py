"""Let somebody in again who has lost their authenticator app, passkeys and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import CommandError

from users import sign_ins
from users.commands import CommandWithExamples
from users.models import User

EXAMPLES = """
  manage.py remove_second_factor ada     when phone and recovery codes are lost

Exit code 0: done; 1: there is no such user, or no second factor.
"""


class Command(CommandWithExamples):
    help = "Remove a user's second factor, and sign them out everywhere. Be sure who asked for it."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **_: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username}.")
        removed, _rows = Authenticator.objects.filter(user=user).delete()
        if not removed:
            raise CommandError(f"{username} has no second factor.")
        sign_ins.sign_out_everywhere(user.pk)
        self.stdout.write(f"{username} signs in with the password alone now.")
