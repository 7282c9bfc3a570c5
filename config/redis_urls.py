"""One REDIS_URL, said in the words of each library that needs it."""

from urllib.parse import parse_qs, urlsplit


def for_celery(url: str) -> str:
    """Celery's transport names a Unix socket and its database differently from redis-py."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
