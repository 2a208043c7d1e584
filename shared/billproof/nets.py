"""Nets: what an account or an event raises is its own trouble, and neither its neighbours' nor its batch's.

    work of one account -> result
                        -> its own finding (`internal_error`), which holds its invoice
                        -> raised again: a fault of what is outside, which the workflow retries

A step in which more accounts are in trouble than its limit allows fails on purpose: the cause is then not theirs.
"""

import traceback
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from billproof.errors import (
    BillproofError,
    ImmutableDocument,
    InternalError,
    ObjectUnreadable,
    TooMuchTrouble,
    WorkFailed,
)
from billproof.findings import Finding, Owner, Severity
from billproof.model import Exact, Model

INTERNAL_ERROR = "internal_error"


@dataclass(slots=True)
class Call:
    """One call of a function: the id under which its logs and traces are found, and what its nets caught."""

    trace: str = "none"
    caught: list[Exception] = field(default_factory=list)


_CALL: ContextVar[Call] = ContextVar("call")


def begin(trace: str) -> Call:
    """Begin a call."""
    call = Call(trace)
    _CALL.set(call)
    return call


def current() -> Call:
    """Return the call under way; outside of a function, one of which nothing is logged."""
    return _CALL.get(None) or Call()


def is_outside(error: Exception) -> bool:
    """Say whether an error is a fault of what is outside, which another try may clear, or of the machine itself."""
    if isinstance(error, BillproofError):
        return error.retryable
    return isinstance(error, (OSError, MemoryError))


def named(error: BaseException) -> str:
    """Name an exception for a person: its class and, of our own, its code. Its text may repeat what was sent."""
    return f"{type(error).__name__} ({error.code})" if isinstance(error, BillproofError) else type(error).__name__


def traced(error: BaseException) -> str:
    """Tell where an error and its causes were raised; of errors that are not ours without their texts."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        parts.append("".join([*traceback.format_tb(cause.__traceback__), _said(cause)]))
        parts += map(traced, cause.exceptions if isinstance(cause, BaseExceptionGroup) else ())
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\nwith\n".join(parts)


def without_text(error: Exception, trace: str) -> Exception:
    """Return an error as it may leave a function, whose runtime logs it: ours as it is, of another one its name."""
    return error if isinstance(error, BillproofError) else InternalError(_said(error), trace=trace)


def _said(error: BaseException) -> str:
    """Say what an error is, with its text where that is ours."""
    text = error.message if isinstance(error, WorkFailed) else str(error) if isinstance(error, BillproofError) else ""
    return f"{named(error)}: {text}" if text else named(error)


def object_in(error: Exception) -> str:
    """Return the key of the stored object that an error is about; "" where it is about none."""
    return error.details.get("key", "") if isinstance(error, ImmutableDocument | ObjectUnreadable) else ""


class TroubleLimit(Model):
    """How much trouble a step bears: it fails on purpose above this share of its accounts, and at least so many."""

    percent: Annotated[Exact, Field(ge=0, le=100)] = Decimal(20)
    at_least: Annotated[int, Field(strict=True, ge=1)] = 5

    def is_passed(self, troubled: int, accounts: int) -> bool:
        """Say whether so many accounts of a step are too many."""
        return troubled >= self.at_least and troubled * 100 > self.percent * accounts


class Net:
    """The net of one step: each account's work runs inside it. It is made where the step begins, on its own thread."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._call = current()
        self._troubled: dict[str, str] = {}

    def catch[T](
        self,
        account: str,
        work: Callable[[], T],
        instead: Callable[[Finding], T],
        *,
        expected: tuple[type[Exception], ...] = (),
    ) -> T:
        """Return the work of an account, or, where it raises, what stands in for it with its finding.

        Raises what is a fault of the outside, and what the step itself expects.
        """
        try:
            return work()
        except Exception as error:
            if is_outside(error) or isinstance(error, expected):
                raise
            self._troubled[account] = named(error)
            self._call.caught.append(error)
            return instead(self._finding(account, error))

    def refuse_too_much(self, limit: TroubleLimit, accounts: int) -> None:
        """Raise TooMuchTrouble where more of the step's accounts are in trouble than the limit allows."""
        if limit.is_passed(len(self._troubled), accounts):
            kinds = ", ".join(sorted(set(self._troubled.values())))
            message = (
                f"{self._step}: {len(self._troubled)} of {accounts} accounts raise {kinds}: the cause is not theirs"
            )
            raise TooMuchTrouble(message, trace=self._call.trace)

    def _finding(self, account: str, error: Exception) -> Finding:
        key = object_in(error)
        of_object = f" of {key}" if key else ""
        return Finding(
            code=INTERNAL_ERROR,
            severity=Severity.BLOCKING,
            account=account,
            path=self._step,
            message=f"{self._step} raised {named(error)}{of_object}, trace {self._call.trace}",
            remedy="find the trace in the logs, remove the cause, then run the period again",
            owner=Owner.ENGINEERING,
        )
