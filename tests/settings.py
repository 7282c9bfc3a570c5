"""The settings of the test process: ours, in an environment made for the tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from tests import services

services.set_environment()

from config.settings import *  # noqa: E402, F403


class OneRoundHasher(PBKDF2PasswordHasher):
    """Makes passwords fast that the real web process still understands."""

    iterations = 1


PASSWORD_HASHERS = [
    "tests.settings.OneRoundHasher",
]
REALTIME["CONNECTS_PER_MINUTE"] = 0  # noqa: F405 (tests connect as often as they like)
# Each test's Client makes its middleware anew, and WhiteNoise would list all static files again.
WHITENOISE_AUTOREFRESH = True
