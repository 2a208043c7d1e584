"""Turning botocore's errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from billproof.errors import ExternalServiceUnavailable

UNKNOWN_ACTION = {"UnknownOperationException", "InvalidAction", "UnsupportedOperation", "NotImplemented"}


def error_code(error: ClientError) -> str:
    """Return the service's code of an error, such as NoSuchKey."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_unknown_action(error: ClientError) -> bool:
    """Say whether the endpoint has no such action, as emulators answer: a code of UNKNOWN_ACTION or a status of 501."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error_code(error) in UNKNOWN_ACTION or status == HTTPStatus.NOT_IMPLEMENTED


@contextmanager
def outside(service: str) -> Iterator[None]:
    """Raise ExternalServiceUnavailable for whatever a service or the way to it throws at us."""
    try:
        yield
    except ClientError as error:
        raise ExternalServiceUnavailable(str(error), service=service, code=error_code(error)) from error
    except BotoCoreError as error:
        raise ExternalServiceUnavailable(str(error), service=service, code=type(error).__name__) from error
