"""The book of who is connected to which server, kept in Redis for all of them.

A server is there until its word ends (`fillwatch:servers`), and gives its word again in time. A
user's sockets stand in a hash of theirs, each under its server and its name; those of a server
that is gone count no more, and whoever counts takes them out.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from realtime.presence.address_rate import WINDOW_SECONDS
from realtime.redis import redis_client

SERVERS = "fillwatch:servers"  # a sorted set: each by when its word ends
FACTS = "fillwatch:server-facts"  # a hash: what each says of itself
USERS = "fillwatch:present"  # a set: who may have sockets
SOCKETS = "fillwatch:sockets:"  # a hash for each user
CONNECTS = "fillwatch:connects:"  # a number for each address
WORD_SECONDS = 15.0
FRESH_SECONDS = 2.5  # a word so old is kept, but what stands under it takes nobody's room
KEPT_SECONDS = 16 * 3600  # longer than any socket lives
AT_ONCE = 200  # users looked up in one round trip

# What a process has to ask, in order and as one step: many sockets, one round trip.
RUN_REQUESTS = """
local users, servers, me, asks = KEYS[1], KEYS[2], ARGV[1], cjson.decode(ARGV[2])
local sockets, connects, kept, window, stale = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local left, does, answers = {[me] = 1000000}, {}, {}

local function seconds_left(server)
    if left[server] == nil then
        local word = redis.call('ZSCORE', servers, server)
        left[server] = word and tonumber(word) - now or 0
    end
    return left[server]
end

local function count(key, most)
    local number = redis.call('HLEN', key)
    if number <= tonumber(most) then  -- whoever of them may be gone
        return number
    end
    number = 0
    for _, field in ipairs(redis.call('HKEYS', key)) do
        local seconds = seconds_left(string.match(field, '^%S+'))
        if seconds > tonumber(stale) then
            number = number + 1
        elseif seconds <= 0 then
            redis.call('HDEL', key, field)
        end
    end
    return number
end

function does.enter(user, name, facts, most)
    local key = sockets .. user
    redis.call('HSET', key, me .. ' ' .. name, facts)
    redis.call('EXPIRE', key, kept)
    redis.call('SADD', users, user)
    return count(key, most)
end

function does.weigh(user, name, most)
    local key = sockets .. user
    if count(key, most) <= tonumber(most) then
        return 1
    end
    redis.call('HDEL', key, me .. ' ' .. name)
    return 0
end

function does.leave(user, name)
    redis.call('HDEL', sockets .. user, me .. ' ' .. name)
    if redis.call('EXISTS', sockets .. user) == 0 then
        redis.call('SREM', users, user)
    end
    return 1
end

function does.admit(address, most)
    local key = connects .. address
    local count, left = redis.call('INCR', key), redis.call('PTTL', key)
    if left < 0 then
        redis.call('EXPIRE', key, window)
        left = window * 1000
    end
    return count > tonumber(most) and left or 0
end

for number, ask in ipairs(asks) do
    answers[number] = does[ask[1]](unpack(ask, 2))
end
return answers
"""
RENEW_SERVER = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local new = redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
for _, server in ipairs(gone) do
    redis.call('ZREM', KEYS[1], server)
    redis.call('HDEL', KEYS[2], server)
end
return {new, gone}
"""


# Take out what stands there of servers that are gone, and users of whom nothing is left.
REMOVE_GONE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for _, user in ipairs(ARGV) do
    local key = KEYS[3] .. user
    for _, field in ipairs(redis.call('HKEYS', key)) do
        local word = redis.call('ZSCORE', KEYS[2], string.match(field, '^%S+'))
        if not word or tonumber(word) <= now then
            redis.call('HDEL', key, field)
        end
    end
    if redis.call('EXISTS', key) == 0 then
        redis.call('SREM', KEYS[1], user)
    end
end
"""


@dataclass(frozen=True, slots=True)
class PresentSocket:
    """A signed-in socket, wherever it is."""

    user_id: int
    server: str
    name: str
    door: str
    since: float
    address: str | None
    agent: str

    @property
    def began(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC)

    @property
    def facts(self) -> str:
        told = ("door", "since", "address", "agent")
        return json.dumps({name: getattr(self, name) for name in told})


@dataclass(frozen=True, slots=True)
class WebServer:
    """A server's entry in the registry."""

    name: str
    since: float
    sockets: int
    users: int

    @property
    def began(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC)


def run_requests(server: str, asks: Sequence[Sequence[str]]) -> list[int]:
    """Carry these out: `enter` (says how many there are then), `weigh` (1, or 0: one too many, and
    out of the book), `leave`, `admit` (0, or the ms to wait)."""
    stale = WORD_SECONDS - FRESH_SECONDS
    words = [server, json.dumps(asks), SOCKETS, CONNECTS, KEPT_SECONDS, WINDOW_SECONDS, stale]
    answers: list[int] = _register_script(RUN_REQUESTS)(keys=[USERS, SERVERS], args=words)
    return answers


def renew_server(server: WebServer) -> tuple[bool, list[str]]:
    """Renew this server's row; return if it is new, and which servers are found gone.

    Of all who look, one finds a server gone.
    """
    words = [server.name, WORD_SECONDS, json.dumps(asdict(server))]
    new, gone = _register_script(RENEW_SERVER)(keys=[SERVERS, FACTS], args=words)
    return bool(new), gone


def remove_server(server: str) -> None:
    """Remove a server's row from the registry: it shut down, or goes on under another name."""
    client = redis_client()
    client.zrem(SERVERS, server)
    client.hdel(FACTS, server)


def list_servers() -> list[WebServer]:
    """List the servers that are alive."""
    found = redis_client().hgetall(FACTS)
    return [
        WebServer(**json.loads(facts))
        for name, facts in sorted(found.items())
        if name in list_alive()
    ]


def list_alive() -> frozenset[str]:
    client = redis_client()
    seconds, micros = client.time()
    return frozenset(client.zrangebyscore(SERVERS, f"({seconds + micros / 1e6}", "inf"))


def list_users() -> list[int]:
    """List the users who may have sockets, in order."""
    return sorted(int(user_id) for user_id in redis_client().smembers(USERS))


def list_sockets(user_ids: Iterable[int]) -> Iterator[PresentSocket]:
    """The sockets of these users on servers that are there, the oldest of each user first.

    What is left of servers that are gone is taken out on the way.
    """
    wanted, there = list(user_ids), list_alive()
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        with redis_client().pipeline(transaction=False) as pipe:
            for user_id in some:
                pipe.hgetall(f"{SOCKETS}{user_id}")
            books = pipe.execute()
        found = [
            _build_sockets(user_id, rows, there) for user_id, rows in zip(some, books, strict=True)
        ]
        untidy = [
            user_id
            for user_id, rows, sockets in zip(some, books, found, strict=True)
            if not rows or len(sockets) < len(rows)
        ]
        if untidy:
            _register_script(REMOVE_GONE)(keys=[USERS, SERVERS, SOCKETS], args=untidy)
        for sockets in found:
            yield from sockets


def _build_sockets(
    user_id: int, rows: dict[str, str], there: frozenset[str]
) -> list[PresentSocket]:
    found = []
    for field, facts in rows.items():
        server, name = field.split(" ")
        if server in there:
            found.append(
                PresentSocket(user_id=user_id, server=server, name=name, **json.loads(facts))
            )
    return sorted(found, key=lambda socket: socket.since)


def _register_script(lua: str) -> Any:
    return redis_client().register_script(lua)
