"""The registry of signed-in sockets and their servers, in Redis for all servers.

A server is alive until its row in `fillwatch:servers` expires, and renews the row in time. Each
user has a hash of their sockets, by server and name. Sockets of a dead server do not count, and
the next count removes them.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from realtime.presence.address_rate import WINDOW_SECONDS
from realtime.redis import redis_client

SERVERS = "fillwatch:servers"  # a sorted set: each server by when its row expires
FACTS = "fillwatch:server-facts"  # a hash: each server's WebServer as JSON
USERS = "fillwatch:present"  # a set: the users who may have sockets
SOCKETS = "fillwatch:sockets:"  # a hash for each user
CONNECTS = "fillwatch:connects:"  # a number for each address
WORD_SECONDS = 15.0
FRESH_SECONDS = 2.5  # after so long a server's sockets stay listed, but use up no limit
KEPT_SECONDS = 16 * 3600  # longer than any socket lives
AT_ONCE = 200  # users looked up in one round trip

# Run a process's requests in order, in one step: many sockets, one round trip.
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
    if number <= tonumber(most) then  -- enough room, even if some are gone
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


# Remove the sockets of dead servers, and users who have none left.
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
    """A signed-in socket on any server."""

    user_id: int
    server: str
    name: str
    endpoint: str
    since: float
    address: str | None
    agent: str

    @property
    def started_at(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC)

    @property
    def facts(self) -> str:
        """The socket's value in Redis; `door` is what servers of the release before read."""
        facts = {"door": self.endpoint, "since": self.since}
        return json.dumps(facts | {"address": self.address, "agent": self.agent})


@dataclass(frozen=True, slots=True)
class WebServer:
    """A server's entry in the registry."""

    name: str
    since: float
    sockets: int
    users: int

    @property
    def started_at(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC)


def run_requests(server: str, requests: Sequence[Sequence[str]]) -> list[int]:
    """Run a server's requests and return the answer to each.

    `enter` answers how many sockets the user has then; `weigh` 1, or 0 for one too many, which is
    removed; `leave` 1; `admit` 0, or the milliseconds to wait.
    """
    stale = WORD_SECONDS - FRESH_SECONDS
    args = [server, json.dumps(requests), SOCKETS, CONNECTS, KEPT_SECONDS, WINDOW_SECONDS, stale]
    answers: list[int] = _register_script(RUN_REQUESTS)(keys=[USERS, SERVERS], args=args)
    return answers


def renew_server(server: WebServer) -> tuple[bool, list[str]]:
    """Renew this server's row; return if it is new, and the servers whose rows have expired.

    The script removes expired rows, so only one server reports each of them.
    """
    args = [server.name, WORD_SECONDS, json.dumps(asdict(server))]
    new, gone = _register_script(RENEW_SERVER)(keys=[SERVERS, FACTS], args=args)
    return bool(new), gone


def remove_server(server: str) -> None:
    """Remove a server's row from the registry: it shut down, or goes on under another name."""
    client = redis_client()
    client.zrem(SERVERS, server)
    client.hdel(FACTS, server)


def list_servers() -> list[WebServer]:
    """List the servers that are alive."""
    rows, alive = redis_client().hgetall(FACTS), list_alive()
    return [WebServer(**json.loads(rows[name])) for name in sorted(rows.keys() & alive)]


def list_alive() -> frozenset[str]:
    client = redis_client()
    seconds, micros = client.time()
    return frozenset(client.zrangebyscore(SERVERS, f"({seconds + micros / 1e6}", "inf"))


def list_users() -> list[int]:
    """List the users who may have sockets, in order."""
    return sorted(int(user_id) for user_id in redis_client().smembers(USERS))


def list_sockets(user_ids: Iterable[int]) -> Iterator[PresentSocket]:
    """Yield the sockets of these users on live servers, the oldest of each user first.

    Rows of dead servers are removed on the way.
    """
    users, alive = list(user_ids), list_alive()
    for start in range(0, len(users), AT_ONCE):
        batch = users[start : start + AT_ONCE]
        with redis_client().pipeline(transaction=False) as pipe:
            for user_id in batch:
                pipe.hgetall(f"{SOCKETS}{user_id}")
            hashes = pipe.execute()
        sockets, outdated = list[PresentSocket](), list[int]()
        for user_id, rows in zip(batch, hashes, strict=True):
            listed = _build_sockets(user_id, rows, alive)
            sockets += listed
            if not rows or len(listed) < len(rows):
                outdated.append(user_id)
        if outdated:
            _register_script(REMOVE_GONE)(keys=[USERS, SERVERS, SOCKETS], args=outdated)
        yield from sockets


def _build_sockets(
    user_id: int, rows: dict[str, str], alive: frozenset[str]
) -> list[PresentSocket]:
    sockets = []
    for field, value in rows.items():
        server, name = field.split(" ")
        if server in alive:
            facts = json.loads(value)
            endpoint = facts.pop("door")
            sockets.append(PresentSocket(user_id, server, name, endpoint, **facts))
    return sorted(sockets, key=lambda socket: socket.since)


def _register_script(lua: str) -> Any:
    return redis_client().register_script(lua)
