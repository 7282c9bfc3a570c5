"""`manage.py makemessages`: collect the texts of pages into config/locale, for all languages."""

from typing import Any, Final

from django.conf import settings
from django.core.management.commands import makemessages
from django.utils.translation import to_locale

from users.commands import CommandWithExamples

EXAMPLES: Final = """
  manage.py makemessages                      texts of templates and Python, all languages
  manage.py makemessages --domain djangojs    texts of JavaScript
  manage.py makemessages --locale de          of one language

It needs GNU gettext (apt-get install gettext). `make messages` does both, and compiles them.

Exit code 0: the catalogs are written; 1: gettext is missing or found a mistake.
"""
IGNORED: Final = ["node_modules", "static-collected", "tests", "bench", "deploy", "docs"]


class Command(CommandWithExamples, makemessages.Command):
    help = "Collect the texts of templates, Python and JavaScript into the catalogs."
    examples = EXAMPLES
    # A strategy's code is pure: the labels of its settings are marked by their place alone, and
    # texts by their class.
    # In JavaScript the function is called translate().
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=Input:1",
        "--keyword=Phrase:1",
        "--keyword=CountPhrase:1,2",
        "--keyword=translate:1",
    ]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill in what would be asked of the caller; a message says its files, not their lines."""
        others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        options["locale"] = options["locale"] or [to_locale(code) for code in others]
        options["ignore_patterns"] += IGNORED
        options["add_location"] = options["add_location"] or "file"
        options["no_obsolete"] = True
        super().handle(*args, **options)
