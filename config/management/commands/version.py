"""`manage.py version`: the release that is installed here."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print the version of Fillwatch."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(settings.VERSION)
