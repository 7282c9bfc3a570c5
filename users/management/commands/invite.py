"""Invite somebody to make an account: print the link, or send it."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from users.commands import CommandWithExamples
from users.invitations import actions

EXAMPLES = """
  manage.py invite                                   prints a link for whoever you give it to
  manage.py invite --email bob@example.org --days 3  mails it

Exit code: 0 when done.
"""


class Command(CommandWithExamples):
    help = "Invite somebody to make an account: prints a link that works once, or mails it."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", default="", help="mails it there, where EMAIL_URL is set")
        parser.add_argument("--days", type=int, help="can be used for so long")

    def handle(self, *, email: str, days: int | None, **_: Any) -> None:
        invitation, link = actions.invite(email=email, days=days, now=timezone.now())
        until = f"until {invitation.expires_at:%Y-%m-%d %H:%M} UTC"
        if invitation.is_emailed:
            self.stdout.write(f"Sent to {invitation.email}, {until}.")
        else:
            self.stdout.write(f"{link}\nFor one person, {until}.")
