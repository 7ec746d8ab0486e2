"""Errors of calls, with what the server says beside its message."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing

import grpc
from google.rpc import error_details_pb2, status_pb2


@dataclasses.dataclass(frozen=True)
class RefusedField:
    """A field of the request that was refused: its path in the public message, what was expected and found."""

    path: str
    description: str


class Error(Exception):
    """A call that failed. `code` is gRPC's, `reason` the server's word for it, such as RUN_TOO_LARGE."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        reason: str = "",
        fields: tuple[RefusedField, ...] = (),
        request_id: str = "",
        retry_seconds: float | None = None,
    ):
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.fields = fields
        self.request_id = request_id
        self.retry_seconds = retry_seconds

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed in a while: the coordinator starts again, or says when to come back."""
        return self.code is grpc.StatusCode.UNAVAILABLE or self.retry_seconds is not None

    def __str__(self) -> str:
        about = [
            self.code.name,
            *([self.reason] if self.reason else []),
            *([f"request {self.request_id}"] if self.request_id else []),
        ]
        return f"{self.message} ({', '.join(about)})"


class NotFound(Error):
    """The graph, run or member is not there."""


class TooBusy(Error):
    """A quota or limit is reached: try again after `retry_seconds`, or later."""


class Unauthenticated(Error):
    """The token is missing or unknown, or its role does not allow the call."""


class InvalidScenario(Error, ValueError):
    """A scenario, comparison or part of one that cannot be read; found before the call."""

    def __init__(self, message: str):
        super().__init__(grpc.StatusCode.INVALID_ARGUMENT, message)


_KINDS = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.RESOURCE_EXHAUSTED: TooBusy,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: Unauthenticated,
}


def from_call(call: grpc.RpcError) -> Error:
    """The error of a call that ended."""
    details = {key: value for key, value in call.trailing_metadata() or ()}
    status = status_pb2.Status()
    status.ParseFromString(details.get("grpc-status-details-bin", b""))
    reason, fields, request_id, retry = "", [], details.get("x-request-id", ""), None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    again, request = error_details_pb2.RetryInfo(), error_details_pb2.RequestInfo()
    for detail in status.details:
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad):
            fields += [RefusedField(f.field, f.description) for f in bad.field_violations]
        elif detail.Unpack(again):
            retry = again.retry_delay.ToTimedelta().total_seconds()
        elif detail.Unpack(request):
            request_id = request.request_id
    kind = _KINDS.get(call.code(), Error)
    return kind(call.code(), call.details() or call.code().name, reason, tuple(fields), request_id, retry)


@contextlib.contextmanager
def translated() -> typing.Iterator[None]:
    """Calls within raise Error."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_call(error) from None


class Sending:
    """Requests of a stream. gRPC says of an iterator that fails only that it did: `failure` keeps why."""

    def __init__(self, requests: typing.Iterator):
        self._requests = requests
        self.failure: Exception | None = None

    def __iter__(self) -> "Sending":
        return self

    def __next__(self):
        try:
            return next(self._requests)
        except StopIteration:
            raise
        except Exception as failure:
            self.failure = failure
            raise


def persistently(call: typing.Callable, seconds: float):
    """What `call` returns: while its failure is a passing one it is made again, for so many seconds. It waits as long as
    the server asks, else twice as long each time, at most 10 s."""
    end, pause = time.monotonic() + seconds, 0.1
    while True:
        try:
            return call()
        except Error as error:
            wait = max(pause, error.retry_seconds or 0)
            if not error.passing or time.monotonic() + wait > end:
                raise
            time.sleep(wait)
            pause = min(2 * pause, 10)
