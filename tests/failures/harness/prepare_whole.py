"""Make the tables of a whole installation, a user who is signed in, and a paper key.

A program, run by tests/failures/harness/whole.py with the installation's environment.
"""

import json
import sys
import time
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 (needs the settings)
from django.contrib.auth import SESSION_KEY  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402

from exchanges.keys import actions  # noqa: E402
from tests.simulator import ControlClient  # noqa: E402
from users.models import User  # noqa: E402


def main(password: str, balances: str, token: str) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    user = User.objects.create_user("ada", password=password)
    endpoint = json.loads(Path(settings.SIMULATOR_ENDPOINT).read_text())
    control = ControlClient(endpoint["control"], token)
    account = control.post("accounts", balances=json.loads(balances), label="ada")
    key = actions.attach(
        user=user,
        label="Paper",
        venue="binance",
        market="spot",
        api_key=account["key"],
        secret=account["secret"],
        is_paper=True,
    )
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = session[SESSION_KEY]
    session.save()
    made = {
        "user": user.pk,
        "cookie": session.session_key,
        "token": str(AccessToken.for_user(user)),
        "key": key.pk,
        "api_key": account["key"],
    }
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
