"""The meaning of each field of the frames."""

import inspect
from collections.abc import Mapping

SEQ = "its number in the user's stream: one more than that of the event before it"
TIMESTAMP = "when it was committed"

# Strings of their own sort, by the names they have in schemas and in TypeScript
MARKS: Mapping[str, str] = {
    "Money": "A decimal number as a string, with every digit: never read it into a float.",
    "Time": "ISO 8601 in UTC, such as 2026-11-21T09:30:00.000000Z.",
    "Instrument": "A market: binance.spot:BTC/USDT, or simulated binance.spot.paper:BTC/USDT.",
}

# Fields that mean the same wherever they stand
FIELDS: Mapping[str, str] = {
    "ask": "the lowest price that somebody asks for",
    "at": "when this was so",
    "bid": "the highest price that somebody offers",
    "bot": "the bot it belongs to, if any",
    "category": "which kind of message it is",
    "changed_at": "when it changed last",
    "checked_at": "when it was last compared with the venue",
    "created_at": "when it was made",
    "currency": "the currency's code",
    "dismissed_at": "when its owner took it off the list; null until then",
    "epoch": "which log the number counts in; another one after a restored backup or a failover",
    "id": "its number, the same as in the API",
    "instrument": "the market it is about",
    "instruments": "the markets that are watched",
    "key": "the exchange key it belongs to",
    "key_label": "that key's name",
    "last_error": "what went wrong last, in words; empty when nothing did",
    "level": "how much it matters",
    "leverage": "how many times the margin is multiplied",
    "margin_mode": "cross or isolated",
    "market": "spot or futures",
    "message": "the same in words",
    "name": "its name, as its owner chose it",
    "link": "where to look, on this site; empty when nowhere",
    "price": "the price of one unit",
    "quantity": "how many units",
    "read_at": "when it was read; null until then",
    "received_at": "when it came",
    "response_ms": "how long its answer took; null if there is none",
    "side": "what is done",
    "simulated": "whether it is paper money on the simulated venue",
    "stale": "whether the venue has gone quiet, so that this may be old",
    "state": "how it is",
    "status": "where it stands",
    "symbol": "the market's name, such as BTC/USDT or BTC/USDT:USDT",
    "title": "a few words for a heading",
    "venue": "the exchange, such as binance",
    "version": "which state of it this is; a higher one replaces a lower one",
    "words": "the same in words for people",
}

# What fields mean in one shape only
OWN: Mapping[str, Mapping[str, str]] = {
    "OrderData": {
        "bot": "the bot that placed it; null when a person did",
        "bot_name": "that bot's name",
        "type": "limit, market, stop_loss, take_profit, trailing_stop, oco, or the venue's name",
        "time_in_force": "how long it may wait: GTC, IOC, FOK, PO for post only, or GTD",
        "price": "its limit; null when it has none",
        "trigger_price": "the price that wakes it",
        "take_profit_price": "the price that takes profit, of an oco whose trigger stops the loss",
        "trailing_percent": "how far its trigger follows the price",
        "good_till": "when a GTD order expires",
        "reduce_only": "whether it may only make a position smaller",
        "position_side": "net, or which of a hedged account's two; null on spot and if not known",
        "closes_position": "whether it is for all of a position, whose size is its quantity then",
        "group": "the orders that it belongs to; null when it stands alone",
        "leverage": "the leverage it was placed with; null on spot markets",
        "quantity": (
            "how many units it is for; once filled, as many as its venue calls all of it;"
            " of an order for an amount of money, as many as are filled so far"
        ),
        "quote_amount": "what it shall spend, or bring, if it is sized by that; else null",
        "filled": "how many of them were executed",
        "remaining": "how many were not",
        "average_price": "what a unit cost on average; null until something was executed",
        "cost": "what the executed units cost together, in the quote currency",
        "fees": "what was charged, by currency",
        "lacks_fees": "a part's fee is not known yet, so what was earned is provisional",
        "status": "where it stands; the last five are ends",
        "origin": "whether it was placed here or at the exchange",
        "client_order_id": "the name we gave it, for the venue to repeat",
        "exchange_order_id": "the venue's own name for it; null until the venue has answered",
        "placed_by": "the user name of the member who placed it with a shared key; else null",
        "cancel_requested": "whether its end was asked for and is not confirmed yet",
        "amend_price": "the price that was asked for and is not confirmed yet; null without such",
        "amend_quantity": "the amount that was asked for, together with such a price",
        "amend_trigger_price": "the trigger price that was asked for and is not confirmed yet",
        "submitted_at": "when it was sent to the venue",
        "ended_at": "when it ended",
        "ended_by": "who ended it; empty while it is open",
        "ended_reason": "why, in words",
    },
    "OrderGroupData": {
        "id": "our number of it; null when it was placed at the exchange",
        "venue_id": "the venue's own id of orders that belong together; null when it has none",
        "kind": "bracket, an entry with its exits, or oco, two exits of which one ends the other",
        "role": "what this order is in it",
        "state": "waiting for its entry, active, unprotected: an exit is missing, canceling, done",
        "note": "what to know about that state, such as which exit is missing and why",
    },
    "TradeData": {
        "order": "the order that was executed in part",
        "trade_id": "the venue's own name for it",
        "fee": "what was charged for it; null as long as the venue has not said",
        "fee_currency": "in which currency",
        "is_maker": "whether the order had waited in the book; null if the venue does not say",
        "executed_at": "when, by the venue's clock",
    },
    "KeyData": {
        "label": "its name, as its owner chose it",
        "is_active": "whether it is used; switched off, nothing is asked or sent with it",
        "last_checked_at": "when it was last tried",
        "permissions": "what the venue lets it do: read, trade, and so on",
        "position_mode": "one position of a contract, or a long and a short one; null on spot, and"
        " of futures until it was read",
    },
    "SharedKeyData": {
        "label": "its name, as its owner chose it",
        "owner": "the user name of its owner",
        "role": "viewer: may see it; trader: may trade with it too",
        "is_active": "whether it is used; switched off, nothing is asked or sent with it",
    },
    "BalanceData": {
        "free": "what new orders can use; of futures also what open positions have won or lost",
        "held": "what open orders hold back, and the margin of open positions",
        "total": "the wallet, without the unrealised profit of open positions; of spot it is free"
        " and held together",
    },
    "PositionData": {
        "side": "net, or one of the two that a hedged key has",
        "quantity": "how many units; below zero is short, 0 is closed",
        "entry_price": "what a unit cost on average",
        "mark_price": "the price it is valued at: the venue's mark, or the last price traded since",
        "mark_at": "when that was the price: the age of unrealised",
        "liquidation_price": "where the venue would end it",
        "unrealised": "what ending it at the mark price would bring, before fees",
    },
    "StreamData": {
        "state": "idle: not wanted; waiting: tried again soon; refused: the venue will not have the"
        " key; polled: this venue is asked instead",
        "connected_since": "since when it is open",
        "last_message_at": "when the venue said something last",
        "last_reconcile_at": "when all was last compared with the venue",
        "restarts": "how often it was opened anew",
    },
    "VenueData": {
        "label": "its name for people",
        "state": "open: it may be asked; frozen: it told us to wait; resting: it answers nobody",
        "until": "until when it is left alone",
    },
    "LeverageSetData": {
        "ok": "whether the venue agreed",
        "message": "what the venue said",
        "leverage": "the leverage that was wished for",
    },
    "OrdersCheckedData": {"orders": "their ids"},
    "BotData": {
        "strategy": "the name of what it does",
        "settings": "the strategy's own settings",
        "check_seconds": "it looks at its market at least so often",
        "budget": "it may bind so much of the quote currency; null: no limit of its own",
        "most_orders": "it may have so many open orders",
        "most_held": "it may hold so much, or be short of it; null: no limit of its own",
        "daily_loss": "having lost so much in a day (UTC) it stops; null: it does not",
        "high_value": "orders worth this are checked first; null: as its owner has set",
        "mode": "whether it works; stopping until its venue has confirmed the end of every order",
        "words": "what it does now, or what went wrong",
        "then": "what becomes of it once it has stopped; empty: nothing more",
        "run": "how often it was started",
        "is_default": "signals use it unless they name another",
    },
    "PnlData": {
        "bot": "the bot that earned it",
        "currency": "the quote currency it is counted in",
        "gross": "what closed trades brought before fees",
        "fees": "what was paid for them, in the quote currency",
        "net": "gross less fees",
        "held": "what is still held; below zero is sold short",
        "cost": "what that was bought for; with a price, it says what closing it would bring",
        "provisional": "a fee is not known in this currency yet",
        "as_of": "when its last part was executed",
    },
    "LogData": {
        "order": "the order it is about, if any",
        "message": "what was done, and why",
        "details": "particulars, by name",
    },
    "SignalData": {
        "source": "who sent it",
        "side": "what it wishes for",
        "price": "the price it named, if any",
        "message": "what it said",
        "words": "what became of it",
        "settled_at": "when it was no longer pending",
        "order": "the order it led to, if any",
    },
    "AlertData": {
        "name": "which trouble it is; only one alert of a name is open at a time",
        "began_at": "since when it is wrong",
        "ended_at": "when it ended; null as long as it lasts",
    },
    "SystemData": {"sent_at": "when they said it"},
    "PriceData": {"last": "the price of the last trade"},
    "BookData": {
        "bid_quantity": "how many units are wanted at that price",
        "ask_quantity": "how many units are offered at that price",
    },
    "AdminMessageData": {
        "by": "the operator's name",
        "action": "what was done",
        "target": "to whom or what",
        "at": "when",
    },
    "DelayData": {"about": "what may be late", "late": "whether it is", "since": "since when"},
    "HealthData": {"service": "its name", "reason": "why", "remedy": "what to do"},
    "JobData": {
        "id": "its name, such as `job 4` or `broadcast 7`",
        "name": "what it does",
        "done": "how many pieces are done; of a job of the timetable: how many runs",
        "of": "how many there are; null if nobody knows",
        "job": "its number at `/api/v1/scheduler/jobs/`; null: not of the timetable",
    },
    # About the socket itself
    "Limits": {
        "frame_bytes": "the longest frame that is read; 4096 before somebody is known",
        "frames_per_second": "how many frames are read in the long run",
        "burst": "how many are read at once",
        "instruments": "how many instruments one socket may watch",
        "fastest_ms": "the shortest time between two frames about an instrument",
    },
    "HelloData": {
        "protocol": "the version that is spoken here",
        "authenticated": 'how the handshake proved who is there; "no": send `auth` now',
        "heartbeat_seconds": "how often the server sends `ping`",
        "silence_seconds": "how long either side may say nothing",
        "auth_seconds": "how long there is to send `auth`",
        "limits": "what one socket may ask for",
        "topics": "what can be heard at this endpoint",
    },
    "ReadyData": {
        "user": "the user's id",
        "seq": "the newest event of their stream",
        "expires_in": "seconds left of the token; null of a session, which has no such end",
    },
    "LiveData": {"seq": "all up to this one has been sent", "topics": "what this socket hears"},
    "ResetData": {
        "reason": "epoch: another log; future: a number that was never given; pruned: too old;"
        " behind: too many were missed; operator: somebody wants you to start over",
        "seq": "the newest event; subscribe from the snapshot's position instead",
    },
    "WatchingData": {
        "unknown": "names that are traded at no venue of this installation",
        "refused": "names that are too many for that market, over all who watch it",
        "words": "why some were refused, for people; empty when none were",
        "interval_ms": "the least time between two frames about an instrument",
    },
    "PingData": {
        "seq": "all up to this one was sent on this socket; null before `subscribe`",
        "head": "the newest event that the server knows of",
    },
    "AuthExpiringData": {"expires_in": "seconds left of the token"},
    "ByeData": {
        "code": "the close code that follows",
        "message": "why, in words",
        "delay": "how many seconds to wait before coming back",
    },
    "ErrorData": {
        "code": "what was wrong, for programs",
        "message": "what was wrong, for people",
        "retry_after": "after how many milliseconds to try again, where that helps",
    },
    "AuthRequest": {"token": "an access token of the API"},
    "Offset": {"seq": "the last event that was seen"},
    "SubscribeRequest": {
        "since": "the last event that was seen; null or left out: from now on",
        "topics": "only these; null or left out: all of the endpoint",
    },
    "WatchRequest": {
        "instruments": "all that is to be watched, instead of what was; an empty list ends it",
        "topics": "prices, books or both; null or left out: prices",
        "interval_ms": "least time between frames about an instrument, 100 to 60000; null: 500",
    },
    "PongRequest": {"seq": "the last event that was seen; null before `live`"},
}


def get_docstring(shape: type) -> str:
    return inspect.getdoc(shape) or ""


def get_meaning(shape: type, field: str) -> str:
    return OWN.get(shape.__name__, {}).get(field) or FIELDS.get(field, "")
