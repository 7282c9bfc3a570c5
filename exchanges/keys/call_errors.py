"""The HTTP status of a call to a worker that did not succeed."""

from typing import Final

from rest_framework import status
from rest_framework.exceptions import APIException

from exchanges import worker_calls
from users.rest import REASON

STATUSES: Final = {
    worker_calls.CallUnsupported: status.HTTP_409_CONFLICT,
    worker_calls.CallRefused: status.HTTP_409_CONFLICT,
    worker_calls.CallUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    worker_calls.CallTimeout: status.HTTP_504_GATEWAY_TIMEOUT,
}
RESPONSES: Final = dict.fromkeys((404, 409, 429, 503, 504), REASON)


class CallFailed(APIException):
    """409: never, 503: later, 504: nobody has answered yet."""

    def __init__(self, error: worker_calls.CallError) -> None:
        super().__init__(str(error), code=type(error).__name__)
        self.status_code = STATUSES[type(error)]
