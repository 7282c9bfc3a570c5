"""However many threads use the cache, the connections stay few."""

import threading
from typing import Any

import pytest
from django.core.cache import cache, caches

pytestmark = pytest.mark.usefixtures("empty_redis")


def test_each_thread_has_the_same_pool() -> None:
    seen = set[object]()

    def ask() -> None:
        cache.set("name", "value", 60)
        assert cache.get("name") == "value"
        backend: Any = caches["default"]
        seen.add(backend._cache._get_connection_pool(write=True))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ask()
    assert len(seen) == 1
