"""Each venue's refusals: HTTP status, code and message, in its own JSON. Pure."""

import json
from dataclasses import dataclass
from typing import Final

Json = dict[str, object]


@dataclass(frozen=True)
class Refusal:
    status: int
    code: int
    message: str


REFUSALS: Final = {
    "binance": {
        "status": Refusal(500, -1000, ""),
        "ambiguous": Refusal(
            503, -1000, "Unknown error, please check your request or try again later."
        ),
        "maintenance": Refusal(503, 1, "System is under maintenance."),
        "revoked_key": Refusal(401, -2015, "Invalid API-key, IP, or permissions for action."),
        "restricted_ip": Refusal(401, -2015, "Invalid API-key, IP, or permissions for action."),
        "absent": Refusal(400, -2013, "Order does not exist."),
        "ban": Refusal(418, -1003, "Way too much request weight used; IP banned until {until}."),
        "error_frame": Refusal(400, -1000, "An unknown error occurred."),
    },
    "okx": {
        "status": Refusal(500, 50026, "System error. Try again later."),
        "ambiguous": Refusal(
            500, 50004, "API endpoint request timeout (does not mean success or failure)."
        ),
        "maintenance": Refusal(503, 50001, "Service temporarily unavailable. Try again later."),
        "revoked_key": Refusal(401, 50111, "Invalid OK-ACCESS-KEY"),
        "restricted_ip": Refusal(
            401, 50110, "Your IP 127.0.0.1 is not included in your API key's IP whitelist."
        ),
        "absent": Refusal(200, 51603, "Order does not exist"),
        "ban": Refusal(429, 50011, "Too Many Requests"),
        "error_frame": Refusal(200, 60012, "Invalid request"),
    },
    "bybit": {
        "status": Refusal(500, 10016, ""),
        "ambiguous": Refusal(200, 10000, "Server Timeout"),
        "maintenance": Refusal(200, 10016, "Server error. The system is under maintenance."),
        "revoked_key": Refusal(200, 10003, "API key is invalid."),
        "restricted_ip": Refusal(
            200, 10010, "Unmatched IP, please check your API key's bound IP addresses."
        ),
        "absent": Refusal(200, 10001, "order not exists"),
        "ban": Refusal(403, 10018, "403, access too frequent"),
        "error_frame": Refusal(200, 10001, "Error: request is not understood"),
    },
}


def build_error_text(venue: str, code: int, message: str) -> str:
    """Return an error as the venue's REST API writes it."""
    body: Json = {"code": code, "msg": message}
    if venue == "bybit":
        body = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}}
    if venue == "okx":
        body = {"code": str(code), "msg": message, "data": []}
    return json.dumps(body)


def build_error_frame(venue: str, path: str, code: int, message: str) -> Json:
    """Return an error that answers no request, as the venue's sockets write it."""
    if venue == "bybit":
        return {"success": False, "ret_msg": message, "conn_id": "", "req_id": "", "op": ""}
    if venue == "okx":
        return {"event": "error", "code": str(code), "msg": message, "connId": "0"}
    if path.startswith(("/ws-api/", "/ws-fapi/")):
        return {"id": None, "status": 400, "error": {"code": code, "msg": message}}
    return {"error": {"code": code, "msg": message}}
