"""Web processes record health while no worker does."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django import Settings

from config import asgi
from operations.health import history, late, stored
from operations.models import HealthCheck, HealthHour
from tests.operations.health.test_health import make_status
from tests.services import wait_until


@pytest.mark.django_db(transaction=True)  # as what is read back closes its connection
def test_one_web_process_records_while_no_worker_does() -> None:
    now = timezone.now()
    by_worker = [make_status(service="health-checks"), make_status()]
    history.record_check(by_worker, at=now)
    found = [make_status("down", service="health-checks"), make_status("down")]

    def record_after(seconds: int) -> bool:
        return late.record_services(found, now=now + timedelta(seconds=seconds))

    assert [record_after(seconds) for seconds in (75, 76, 77, 106, 107)] == [
        *(False, True, False, True, False)
    ]
    assert HealthHour.objects.get(service="redis", down__gt=0).down == 2
    last = stored.read_from_database()
    assert last
    assert (last.at, last.services["redis"].status) == (now, "healthy")  # as the worker found it
    history.record_check(by_worker, at=now + timedelta(seconds=110))
    assert not record_after(140)


@pytest.mark.usefixtures("empty_redis")
@pytest.mark.django_db(transaction=True)
def test_a_web_process_records_from_its_start_to_its_end(settings: Settings) -> None:
    settings.HEALTH_LATE_SECONDS = 0.05

    async def serve() -> None:
        received, sent = asyncio.Queue[Any](), asyncio.Queue[Any]()
        serving = asyncio.create_task(
            asgi.application({"type": "lifespan"}, received.get, sent.put)
        )
        await received.put({"type": "lifespan.startup"})
        assert (await sent.get())["type"] == "lifespan.startup.complete"
        await sync_to_async(wait_until)(HealthCheck.objects.exists, what="a record of health")
        await received.put({"type": "lifespan.shutdown"})
        await serving

    asyncio.run(serve())
    rows = HealthCheck.objects.values_list("service", "status")
    assert {("postgresql", "healthy"), ("health-checks", "degraded")} <= set(rows)
    assert len({row.at for row in HealthCheck.objects.all()}) == 1
