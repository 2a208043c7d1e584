"""Turning botocore's errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from billproof.errors import ExternalServiceUnavailable


def error_code(error: ClientError) -> str:
    """Return the service's code of an error, such as NoSuchKey."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def outside(service: str) -> Iterator[None]:
    """Raise ExternalServiceUnavailable for whatever a service or the way to it throws at us."""
    try:
        yield
    except ClientError as error:
        raise ExternalServiceUnavailable(str(error), service=service, code=error_code(error)) from error
    except BotoCoreError as error:
        raise ExternalServiceUnavailable(str(error), service=service, code=type(error).__name__) from error
