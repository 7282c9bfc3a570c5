"""Kill, then freeze each part: seconds until summary, alert, message and page say so, and clear.

Every part is started without the launcher, which would start it again: so the outage lasts until
everything that can tell has told. `ALERT_LATE_SECONDS=0` shows what it was without the stand-in.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bench import Result
from bench.support.outage_watch import OutageWatch, watch_outages
from bench.support.stoppable_parts import SeparateParts, run_separate_parts
from bench.support.whole_installation import wait_for

SERVICES: Final = {
    "web": "web",
    "worker": "worker",
    "beat": "beat",
    "stream": "stream",
    "valkey": "redis",
    "postgres": "postgresql",
    "simulator": "simulator",
}
HOWS: Final = ("killed", "frozen")
QUICK_PARTS: Final = ("worker", "valkey")
PLACES: Final = ("summary", "alert", "message", "page", "staff page")
# What cannot tell: rules and ways are in the database, and a page hears by the web process.
MUTE: Final = {
    "web": {"staff page"},
    "postgres": {"alert", "message", "staff page"},
}
MOST_SECONDS: Final = 3600.0  # then no further row begins
LONGEST_OUTAGE, LONGEST_END, LONGEST_START = 75.0, 150.0, 240.0
NEVER: Final = "—"
Times = dict[str, float]


@dataclass
class PartOutage:
    """One outage: the moments of its begin and end, and the seconds after each."""

    part: str
    how: str
    began: float = 0.0
    ended: float = 0.0
    until_told: Times = field(default_factory=dict)
    until_clear: Times = field(default_factory=dict)

    @property
    def service(self) -> str:
        return SERVICES[self.part]

    @property
    def places(self) -> list[str]:
        return [place for place in PLACES if place not in MUTE.get(self.part, ())]


class RaisedAlert(NamedTuple):
    title: str
    began: float
    ended: float | None


def run(*, quick: bool, only: Sequence[str] = ()) -> Result:
    """Measure all rows, or `only` some: `--only simulator worker:frozen`."""
    outages = _list_outages(quick=quick, only=only)
    with run_separate_parts() as ours, watch_outages(ours) as watch:
        _add_rules()
        last = time.monotonic() + MOST_SECONDS
        for outage in outages:
            if time.monotonic() > last:
                sys.stderr.write(f"Left out, as all rows took too long: {outage}\n")
                continue
            try:
                _wait_for_green(ours, watch, outage)
                _measure_outage(ours, watch, outage)
            except Exception as error:  # noqa: BLE001 (the other rows are worth having)
                sys.stderr.write(f"Broken off: {error!r}\n")
            sys.stderr.write(f"{outage}\n")
    return _build_result(outages)


def _list_outages(*, quick: bool, only: Sequence[str]) -> list[PartOutage]:
    outages = [
        PartOutage(part, how)
        for how in HOWS[: 1 if quick else None]
        for part in (QUICK_PARTS if quick else SERVICES)
    ]
    names = {name for row in outages for name in (row.part, f"{row.part}:{row.how}")}
    if unknown := set(only) - names:
        raise ValueError(f"No such row: {', '.join(sorted(unknown))}. There are {sorted(names)}.")
    return [row for row in outages if not only or {row.part, f"{row.part}:{row.how}"} & set(only)]


def _wait_for_green(ours: SeparateParts, watch: OutageWatch, outage: PartOutage) -> None:
    """Wait until all is well; if that takes too long, say what is not, and go on.

    An alert that is open is ended then: it would not be raised again.
    """

    def is_green() -> bool:
        ours.restart_ended()
        return watch.is_green() and not _list_open()

    try:
        wait_for(is_green, "all green", LONGEST_START)
    except TimeoutError:
        unwell = [name for name, status in watch.summaries[-1][1].items() if status != "healthy"]
        names = f"{unwell}, {watch.late}, {_list_open()}"
        sys.stderr.write(f"Before {outage}: {names}, live: {watch.is_live}\n")
        _end_alerts()


def _add_rules() -> None:
    """Add the rules of operators, without the quiet time after an alert: here one follows soon."""
    from django.db import connection
    from django.utils import timezone

    from operations.alerts.rules import defaults
    from operations.models import AlertRule

    defaults.add_missing(now=timezone.now())
    AlertRule.objects.update(cooldown_seconds=0)
    connection.close()


def _measure_outage(ours: SeparateParts, watch: OutageWatch, outage: PartOutage) -> None:
    part = ours.parts[outage.part]
    outage.began = time.time()
    part.strike(outage.how)
    told, clear = outage.until_told, outage.until_clear
    _wait_for_places(outage.places, LONGEST_OUTAGE, lambda: _find_told(watch, outage), told)
    outage.ended = time.time()
    part.mend(outage.how)

    def find_clear() -> Times:
        ours.restart_ended()
        return _find_clear(watch, outage)

    _wait_for_places(told, LONGEST_END, find_clear, clear)


def _wait_for_places(
    places: Iterable[str], seconds: float, find: Callable[[], Times], result: Times
) -> None:
    """Look until every place that can tell has, or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result.update(find())
        if result.keys() >= set(places):
            return
        time.sleep(0.5)


def _find_told(watch: OutageWatch, outage: PartOutage) -> Times:
    service, began = outage.service, outage.began
    unwell = (at for at, rows in watch.summaries if rows.get(service, "healthy") != "healthy")
    told = (at for at, name, status in watch.health if (name, status) == (service, "down"))
    sightings = {
        "summary": unwell,
        "page": (at for at, is_well, _ in watch.page if not is_well),
        "staff page": told,
    }
    if "alert" in outage.places:
        alerts = _list_alerts(outage)
        titles = {alert.title for alert in alerts}
        sightings |= {
            "alert": (alert.began for alert in alerts),
            "message": (at for at, title in watch.messages if title in titles),
        }
    return _count_seconds(sightings, began)


def _find_clear(watch: OutageWatch, outage: PartOutage) -> Times:
    service, ended = outage.service, outage.ended
    well = (at for at, name, status in watch.health if (name, status) == (service, "healthy"))
    sightings = {
        "summary": (at for at, rows in watch.summaries if rows.get(service) == "healthy"),
        "staff page": well,
    }
    if watch.is_page_well():
        sightings["page"] = (at for at, is_well, _ in watch.page[-1:] if is_well)
    if "alert" in outage.until_told:
        alerts = _list_alerts(outage)
        titles = {f"Over: {alert.title}" for alert in alerts}
        sightings |= {
            "alert": (alert.ended for alert in alerts if alert.ended),
            "message": (at for at, title in watch.messages if title in titles),
        }
    return _count_seconds(sightings, ended)


def _count_seconds(sightings: Mapping[str, Iterable[float]], since: float) -> Times:
    """Return the seconds to the first sighting of each place that has one."""
    firsts = {
        place: min((at for at in list(moments) if at >= since), default=None)
        for place, moments in sightings.items()
    }
    return {place: at - since for place, at in firsts.items() if at is not None}


def _end_alerts() -> None:
    from django.db import connection
    from django.utils import timezone

    from operations.alerts import record
    from operations.models import Alert

    for alert in Alert.objects.filter(ended_at=None):
        record.end_alert(user_id=alert.user_id, name=alert.name, now=timezone.now())
    connection.close()


def _list_open() -> list[str]:
    """List the open alerts, as one that is open already is not raised again."""
    from django.db import Error as DatabaseError
    from django.db import connection

    from operations.models import Alert

    try:
        return list(Alert.objects.filter(ended_at=None).values_list("name", flat=True))
    except DatabaseError as error:
        return [str(error)]
    finally:
        connection.close()


def _list_alerts(outage: PartOutage) -> list[RaisedAlert]:
    """List the alerts of the part's service since the outage began."""
    from django.db import Error as DatabaseError
    from django.db import connection

    from operations.models import Alert

    since = datetime.fromtimestamp(outage.began, UTC)
    rows = Alert.objects.filter(began_at__gte=since, name__endswith=f":{outage.service}")
    try:
        return [
            RaisedAlert(
                row.title,
                row.began_at.timestamp(),
                row.ended_at.timestamp() if row.ended_at else None,
            )
            for row in rows
        ]
    except DatabaseError:  # the next look may succeed
        return []
    finally:
        connection.close()


def _build_result(outages: list[PartOutage]) -> Result:
    rows, figures = [], dict[str, float]()
    for outage in outages:
        for kind, times in (("told", outage.until_told), ("clear", outage.until_clear)):
            cells = [_format_seconds(times.get(place)) for place in PLACES]
            rows.append([outage.part, outage.how, kind, *cells])
            for place, seconds in times.items():
                name = f"{outage.part}_{outage.how}_{kind}_{place.replace(' ', '_')}"
                figures[name] = round(seconds, 1)
    return Result(
        title="Seconds until each place tells of an outage, and after its end until that is clear",
        columns=["part", "it is", "until", *PLACES],
        rows=rows,
        figures=figures,
    )


def _format_seconds(seconds: float | None) -> str:
    return NEVER if seconds is None else f"{seconds:.1f}"
