"""The jobs that beat starts. To add one: write its task in an app's tasks.py, and one line here.

Beat keeps its rows in the database by these names. A job that gets another name needs a migration
that removes the old row (see operations/migrations/0002_remove_renamed_jobs.py).
"""

from typing import Any

from celery.schedules import crontab

HOUR = 3600.0
LEAST_EXPIRY = 10  # seconds


def make_schedule(
    *, check: float, full_listing: float, holdings: float, portfolio: float
) -> dict[str, dict[str, Any]]:
    """Return CELERY_BEAT_SCHEDULE; the arguments are the seconds between runs that settings set."""
    return {
        "Check pending orders": _make_job("orders.check_pending", check, expires=check),
        "List open orders at the venues": _make_job(
            "orders.list_all_open", min(10.0, full_listing), expires=10.0
        ),
        "Renew dead man's switches": _make_job("orders.renew_switches", 3.0, expires=3.0),
        "Refresh balances and positions": _make_job(
            "exchanges.refresh_holdings", holdings / 6, expires=holdings / 6
        ),
        "Value positions at live prices": _make_job("exchanges.update_marks", 5.0, expires=5.0),
        "Evaluate bots": _make_job("bots.evaluate_due", 1.0, expires=1.0),  # the shortest interval
        "Evaluate bots that missed a change": _make_job("bots.evaluate_missed", 15.0, expires=15.0),
        "Record prices that bots watch": _make_job("bots.record_prices", check, expires=check),
        "Resume interrupted stop-alls": _make_job("bots.resume_stop_alls", 15.0, expires=15.0),
        "Expire old signals": _make_job("bots.expire_signals", 60.0),
        "Value fees paid in other currencies": _make_job("bots.value_fees", 10.0, expires=10.0),
        "Read funding and other income": _make_job("bots.read_income", 60.0),
        "Prove the books by the venues' statements": _make_job("bots.prove_books", 300.0),
        "Analyse markets": _make_job("bots.analyse_markets", 60.0, expires=60.0),
        "Run waiting back-tests": _make_job("bots.run_backtests", 15.0, expires=15.0),
        "Count fills into PnL": _make_job("bots.count_all_fills", 60.0),
        # More often than a point of the curve is due, so that a new market need not wait for one.
        "Record portfolio values": _make_job(
            "bots.record_portfolio_values", min(30.0, portfolio), expires=30.0
        ),
        "Thin old portfolio values": _make_job("bots.thin_portfolio_values", 6 * HOUR),
        "Read the venues' symbols": _make_job("exchanges.read_symbols", HOUR),
        "Read the symbols of new markets": _make_job(
            "exchanges.read_new_symbols", 15.0, expires=15.0
        ),
        **_make_messaging(),
        **_make_upkeep(),
        **_make_reporting(),
        "Finish broadcasts": _make_job("operations.finish_broadcasts", 15.0, expires=15.0),
        "Prune old events": _make_job("realtime.prune_events", HOUR),
    }


def _make_messaging() -> dict[str, dict[str, Any]]:
    """Return the jobs that tell people what happened, outside the application too."""
    return {
        "Alert owners of refused keys": _make_job(
            "operations.check_refused_keys", 10.0, expires=10.0
        ),
        "Evaluate alert rules": _make_job("operations.evaluate_alerts", 10.0, expires=10.0),
        "Find what to tell": _make_job("operations.find_causes", 5.0, expires=5.0),
        "Read Telegram": _make_job("operations.poll_telegram", 5.0, expires=5.0),
        "Send due messages": _make_job("operations.send_outbox", 5.0, expires=5.0),
        "Send collected messages": _make_job("operations.merge_collected", 30.0, expires=30.0),
    }


def _make_reporting() -> dict[str, dict[str, Any]]:
    """Return the jobs of reports: a minute after each quarter of an hour.

    Midnight comes at another moment in each time zone, and the last fills take a moment. At 00:01
    they make the reports of UTC.
    """
    quarters = crontab(minute="1-59/15")
    return {
        "Make daily reports": {"task": "operations.make_daily_reports", "schedule": quarters},
        "Make weekly reports": {"task": "operations.make_weekly_reports", "schedule": quarters},
    }


def _make_upkeep() -> dict[str, dict[str, Any]]:
    """Return the jobs that look after the installation itself."""
    return {
        "Back up the database": {
            "task": "operations.back_up_database",
            "schedule": crontab(hour="3", minute="0"),
        },
        "Clean up old rows": {
            "task": "operations.clean_up",
            "schedule": crontab(hour="2", minute="0"),
        },
        "Close lost job runs": _make_job("operations.close_job_runs", 30.0, expires=15.0),
        "Seal the audit log": _make_job("operations.seal_audit", 10.0, expires=10.0),
        "Prune expired sign-ins": _make_job("users.prune_expired", 24 * HOUR),
        "Check health": _make_job("operations.check_health", 30.0, expires=30.0),
    }


def _make_job(task: str, seconds: float, *, expires: float | None = None) -> dict[str, Any]:
    # A job that waited for three of its intervals is dropped: the next one is on its way.
    # By this name, since the scheduler in the database leaves out `expires`. After less time a busy
    # worker, or one whose clock is ahead, would drop every job.
    if expires is None:
        return {"task": task, "schedule": seconds}
    options = {"expire_seconds": max(LEAST_EXPIRY, round(3 * expires))}
    return {"task": task, "schedule": seconds, "options": options}
