"""`manage.py stream`: follows the venues' own streams of the keys that fall to this process."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Follow the venues' user-data streams; start as many as you like, they share the keys."

    def handle(self, *args: Any, **options: Any) -> None:
        from exchanges import venues  # brings ccxt, which no other command needs
        from orders.supervisor import Supervisor

        supervisor = Supervisor()
        venues.run(supervisor.run(), stop=supervisor.end)
