#!/usr/bin/env python
"""The operator's door: every maintenance job is a command of this file."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["runserver"]:  # a thread for each request needs the web role's pool
        os.environ.setdefault("FILLWATCH_ROLE", "web")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
