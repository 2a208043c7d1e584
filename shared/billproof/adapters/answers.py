"""Answers of another system that are not as its documentation says: no answer, and no error of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from billproof.errors import ExternalServiceUnavailable, InvalidMoney

ODD = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, InvalidMoney)
"""What reading a document of another shape raises."""


@contextmanager
def as_documented(system: str, service: str) -> Iterator[None]:
    """Read what a system answered, and nothing else; raises ExternalServiceUnavailable where it has another shape."""
    try:
        yield
    except ODD as error:
        message = f"an answer of {system} is not as its documentation says: {type(error).__name__}"
        raise ExternalServiceUnavailable(message, service=service) from error
