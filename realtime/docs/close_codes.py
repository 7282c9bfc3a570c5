"""The meaning of each close code and error, and what each asks of the client."""

from collections.abc import Mapping

from realtime.frames import Close
from realtime.socket.control_frames import ErrorCode

CLOSES: Mapping[Close, str] = {
    Close.RESTART: "this server restarts, or an operator ended the socket",
    Close.SLOW: "the client does not take what it is sent",
    Close.SILENT: "nothing was heard from the client",
    Close.INTERNAL: "something broke here, or the database is away",
    Close.RATE_LIMITED: "too many frames, or too many new sockets of one address, in a short time",
    Close.TOO_OLD: "the socket has lived long enough; the next may be on another server",
    Close.EXPIRED: "the token has expired",
    Close.CREDENTIALS_CHANGED: "a new password, a sign-out, or an API token that was revoked",
    Close.AUTH_TIMEOUT: "nobody said in time who is there",
    Close.BAD_TOKEN: "this token was never valid here",
    Close.PROTOCOL: "three frames in a row made no sense, or one before sign-in",
    Close.VERSION: "this version of the protocol is not spoken here",
    Close.FORBIDDEN: "this user may not be here: not active, not an operator, or a foreign page",
    Close.TOO_MANY: "this user has too many sockets open",
}
# What each hundred of close codes asks of the client, by its first code
INSTRUCTIONS: Mapping[int, str] = {
    4000: "Come back, and keep the position",
    4100: "Get a new token or sign in, then come back, and keep the position",
    4200: "Drop state and position, then come back",
    4500: "Stop, and tell the person",
}

ERRORS: Mapping[ErrorCode, str] = {
    "bad_json": "the frame is not JSON",
    "wrong_shape": "a field is missing or of the wrong type, or the frame is binary",
    "unknown_field": "there is no field of this name, so it may be mistyped",
    "unknown_type": "no frame of a client has this type",
    "too_large": "the frame is longer than the limit",
    "not_authenticated": "before `auth`, nothing else is read",
    "bad_token": "the new token is none; the old one counts until it ends",
    "wrong_door": "that is not done at this endpoint: no stream, or nothing to watch",
    "wrong_topics": "a topic that this endpoint does not have",
    "wrong_instruments": "not a list of instruments' names, or too many of them",
    "wrong_interval": "not an interval between the limits",
    "rate_limited": "too many frames; `retry_after` says when to go on",
}


def get_label(code: Close) -> str:
    return code.name.lower().replace("_", " ")


def get_instruction(code: int) -> str:
    return INSTRUCTIONS[code - code % 100]
