"""Translate REDIS_URL for the libraries that spell it differently."""

from urllib.parse import parse_qs, urlsplit


def celery_url(url: str) -> str:
    """Return the URL for Celery, which names Unix sockets and databases in its own way."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def find_problem(url: str) -> str | None:
    """Say why this URL cannot work, as the end of a sentence that begins "REDIS_URL"."""
    scheme = urlsplit(url).scheme.lower()
    if "cluster" in scheme:
        return "names a Redis Cluster, which neither Celery nor Channels can use."
    if "sentinel" in scheme:
        return "names a Sentinel; give the address of the server it guards, or of a proxy to it."
    if scheme not in ("redis", "rediss", "unix"):
        return f"starts with {scheme or 'nothing'!r}, not with redis, rediss or unix."
    return None
