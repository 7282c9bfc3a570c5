"""One REDIS_URL, said in the words of each library that needs it."""

from urllib.parse import parse_qs, urlsplit


def for_celery(url: str) -> str:
    """Celery's transport names a Unix socket and its database differently from redis-py."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def problem(url: str) -> str | None:
    """Why this URL cannot work, if so; the words continue "REDIS_URL …"."""
    scheme = urlsplit(url).scheme.lower()
    if "cluster" in scheme:
        return "names a Redis Cluster, which neither Celery nor Channels can use."
    if "sentinel" in scheme:
        return "names a Sentinel; give the address of the server it guards, or of a proxy to it."
    if scheme not in ("redis", "rediss", "unix"):
        return f"starts with {scheme or 'nothing'!r}, not with redis, rediss or unix."
    return None
