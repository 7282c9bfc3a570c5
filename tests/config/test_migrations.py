"""A database that an earlier release filled becomes one of this release, without losing a row."""

import gzip
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from config.launcher.home import BASE
from tests.fork_server import run_python

# Two traders with bots, fills and PnL, dumped where bots ended at 0015 and orders at 0008.
DUMP = Path(__file__).with_name("database_before_plain_names.sql.gz")
ROWS = {  # table before: table after
    "orders_change": "orders_orderchange",
    "bots_act": "bots_botorder",
    "bots_line": "bots_logentry",
    "bots_book": "bots_pnlbook",
    "bots_day": "bots_pnlday",
    "bots_hour": "bots_pnlhour",
    "bots_round": "bots_closedtrade",
    "bots_minute": "bots_priceminute",
    "bots_worth": "bots_portfoliovalue",
    "orders_fill": "orders_fill",
    "orders_order": "orders_order",
    "realtime_event": "realtime_event",
}
# A restored dump spells casts and brackets of conditions in another way.
SCHEMA = r"""
SELECT 'column', table_name, column_name || ' ' || data_type || is_nullable
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text,
    regexp_replace(pg_get_constraintdef(oid), '::[a-z ]+(\[\])?|[()]', '', 'g') FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index', tablename,
    regexp_replace(indexdef, 'INDEX \S+ ON|::[a-z ]+(\[\])?|[()]', '', 'g') FROM pg_indexes
WHERE schemaname = 'public'
"""


@pytest.fixture(scope="module")
def upgraded(django_db_setup: None) -> Iterator[tuple[str, list[int]]]:
    """The address of a database that was upgraded, and the rows it had before."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/before").geturl()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS before")
        server.execute("CREATE DATABASE before")
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(gzip.decompress(DUMP.read_bytes()))
        before = count_rows(url, ROWS)
        manage(url, "migrate", "--verbosity=0")
        yield url, before
        server.execute("DROP DATABASE before WITH (FORCE)")


def manage(url: str, *arguments: str) -> str:
    done = run_python(
        [sys.executable, "-W", "ignore", BASE / "manage.py", *arguments],
        os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def count_rows(url: str, tables: Iterable[str]) -> list[int]:
    with psycopg.connect(url) as database:
        return [
            row[0]
            for name in tables
            for row in database.execute(f"SELECT count(*) FROM {name}")  # noqa: S608
        ]


def test_rows_of_an_earlier_release_are_kept_and_sound(upgraded: tuple[str, list[int]]) -> None:
    url, before = upgraded
    assert count_rows(url, ROWS.values()) == before
    proof = json.loads(manage(url, "check_streams", "--json"))
    assert (proof["ok"], proof["users"], proof["events"]) == (True, 3, before[-1])


def test_an_upgraded_database_equals_a_fresh_one(upgraded: tuple[str, list[int]], db: None) -> None:
    with psycopg.connect(upgraded[0]) as database:
        after_upgrade = set(database.execute(SCHEMA).fetchall())
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        assert after_upgrade ^ set(cursor.fetchall()) == set()


def test_jobs_under_an_old_name_are_gone(upgraded: tuple[str, list[int]]) -> None:
    with psycopg.connect(upgraded[0]) as database:
        jobs = database.execute("SELECT name FROM django_celery_beat_periodictask").fetchall()
    assert ("Look at bots",) not in jobs
    assert ("Check pending orders",) in jobs
