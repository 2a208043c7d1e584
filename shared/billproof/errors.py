"""Every error that billproof raises, in one tree.

    BillproofError                code, retryable, details
    |- InvalidInput               the caller must change what it sent
    |  |- KeyReused               an Idempotency-Key that was used for another request
    |  |- InvalidMoney            a float, another currency, an unknown currency
    |  |- InvalidPeriod           an empty, reversed or unreadable period
    |  |- Unreadable              a message that nobody can read, whatever else arrives
    |- NotAllowed                 who calls may not do that: somebody else may
    |- NotFound                   a key that should be there is not
    |- ObjectUnreadable           a stored object is gone, or no longer what was stored
    |- Conflict                   the same key was taken with other content
    |  |- ImmutableDocument       a released document would change
    |  |- DuplicateReference      the ERP already holds that external reference
    |  |- IssuedLater             a number of the series was issued on a later day
    |- PostingRejected            the ERP will not take an entry as things are there
    |- UnbalancedEntry            debits and credits of a journal entry differ
    |- UnpriceableCharge          a charge cannot be priced as the contract states it
    |- UndeterminedTax            no rule says what tax is due: never a zero rate
    |- InternalError              an error that no rule expects, without what it says
    |- TooMuchTrouble             so many accounts of a step are in trouble that the cause is not theirs
    |- NotExpressible             a document says what its electronic form has no term for
    |- RulesBroken                an electronic document breaks the rules of its form
    |- MailRefused                a mail service will not take a mail, however often it is sent
    |- ExternalServiceUnavailable something outside failed: worth another try (retryable)
       |- Contended               others wrote at the same time, too often in a row (retryable)

Where a person has to decide, billproof returns values (findings, variances, quarantine reasons) and raises nothing.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import ClassVar


class BillproofError(Exception):
    """An error with a stable code, and details that a log or a person can use.

    The state machines retry what is `retryable`: RETRIED names it for them.
    """

    code: ClassVar[str] = "billproof_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **details: str) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __str__(self) -> str:
        known = ", ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.message} ({known})" if known else self.message


class InvalidInput(BillproofError):
    """The caller must change what it sent."""

    code = "invalid_input"


class KeyReused(InvalidInput):
    """An Idempotency-Key under which the caller asked for something else before."""

    code = "idempotency_key_reused"


class InvalidMoney(InvalidInput):
    """An amount that is not exact, not of this currency, or of a currency nobody knows."""

    code = "invalid_money"


class InvalidPeriod(InvalidInput):
    """A period that is empty, reversed or unreadable."""

    code = "invalid_period"


class Unreadable(InvalidInput):
    """A message that is not what its queue carries: no other message can make it readable."""

    code = "unreadable"


class NotAllowed(BillproofError):
    """Who calls may not do that: another person may, or nobody."""

    code = "not_allowed"


class NotFound(BillproofError):
    """A key that should be there is not."""

    code = "not_found"


class ObjectUnreadable(BillproofError):
    """A stored object is gone, or no longer what was stored; `key` names it."""

    code = "object_unreadable"

    def __init__(self, key: str) -> None:
        super().__init__("a stored object is gone, or no longer what was stored", key=key)
        self.key = key


class Conflict(BillproofError):
    """The same key was taken with other content."""

    code = "conflict"


class ImmutableDocument(Conflict):
    """A released document would change."""

    code = "immutable_document"


class DuplicateReference(Conflict):
    """The ERP already holds a document under that external reference."""

    code = "duplicate_reference"


class IssuedLater(Conflict):
    """A document would take a number after one that was issued on a later `day`."""

    code = "issued_later"

    def __init__(self, message: str, *, day: date) -> None:
        super().__init__(message, day=day.isoformat())
        self.day = day


class PostingRejected(BillproofError):
    """The ERP will not take an entry as things are there: another try changes nothing, the remedy does."""

    code = "posting_rejected"

    def __init__(self, message: str, *, remedy: str, **details: str) -> None:
        super().__init__(message, remedy=remedy, **details)
        self.remedy = remedy


class UnbalancedEntry(BillproofError):
    """Debits and credits of a journal entry differ."""

    code = "unbalanced_entry"


class UnpriceableCharge(BillproofError):
    """A charge cannot be priced as the contract states it."""

    code = "unpriceable_charge"


class UndeterminedTax(BillproofError):
    """No rule says what tax is due. This is never read as a zero rate."""

    code = "undetermined_tax"


class InternalError(BillproofError):
    """An error that no rule expects; it names the error, and not its text, which may repeat what was sent."""

    code = "internal_error"


class TooMuchTrouble(BillproofError):
    """So many accounts of a step are in trouble that the cause is not theirs: the step fails on purpose."""

    code = "too_much_trouble"


class NotExpressible(BillproofError):
    """A document says what the electronic form has no term for, or lacks what it wants: `term` names the term."""

    code = "not_expressible"


class RulesBroken(BillproofError):
    """An electronic document breaks rules of its form: `rules` names them, and it is not sent."""

    code = "rules_broken"


class MailRefused(BillproofError):
    """A mail service will not take a mail, however often it is sent: the address or the sender is at fault."""

    code = "mail_refused"


class ExternalServiceUnavailable(BillproofError):
    """Something outside failed; the same call is worth another try."""

    code = "external_service_unavailable"
    retryable = True


class Contended(ExternalServiceUnavailable):
    """Others wrote the same keys at the same time, too often in a row."""

    code = "contended"


class WorkFailed(ExceptionGroup[Exception]):
    """Some of several pieces of work failed; its text names them, and of errors that are not ours says the class."""


def work_apart[T, R](work: Callable[[T], R], items: Iterable[tuple[str, T]]) -> list[R]:
    """Do a piece of work for every named item as it comes: one that raises never stops the next.

    Raises what a single item raised. Where some of several failed, the others are done, and it raises
    ExternalServiceUnavailable if another try may help them all, else WorkFailed; both name those that failed.
    """
    number = 0
    results: list[R] = []
    failed: dict[str, Exception] = {}
    for number, (name, item) in enumerate(items, 1):  # noqa: B007 - how many there were
        try:
            results.append(work(item))
        except Exception as error:  # noqa: BLE001 - raised below
            failed[name] = error
    if failed and number == 1:
        raise next(iter(failed.values()))
    if failed:
        said = "; ".join(f"{name}: {_safe(error)}" for name, error in failed.items())
        message = f"{len(failed)} of {number} failed, the others are done: {said}"
        group = WorkFailed(message, list(failed.values()))
        if all(isinstance(error, BillproofError) and error.retryable for error in failed.values()):
            raise ExternalServiceUnavailable(message) from group
        raise group
    return results


def _safe(error: Exception) -> str:
    """Say what failed: the text of an error that is not ours may repeat what was sent."""
    return str(error) if isinstance(error, BillproofError) else type(error).__name__


MACHINERY = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
    "Runtime.HandlerError",
)
"""What Step Functions itself calls a call that came to nothing; the last is what MiniStack calls every error."""

RETRIED = ("ExternalServiceUnavailable", "Contended", *MACHINERY)
"""What the state machines retry: the names of our retryable errors, and MACHINERY. Wrong input is not tried again."""
