"""Writing to DynamoDB: what a refused transaction means, when to try again, and how large an item may be."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.faults import error_code, outside
from billproof.errors import Contended, ExternalServiceUnavailable, InvalidInput
from billproof.ports import Linkage
from billproof.retrying import attempts

ITEM_LIMIT = 400 * 1024
"""Bytes of names and values of one item."""
TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_ATTEMPTS = 8
_TAKEN = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}
_CONFLICT = {"TransactionConflict", "TransactionConflictException"}
_TOO_LARGE = {"ValidationError", "ItemCollectionSizeLimitExceeded"}


def written(write: Callable[[], object]) -> bool:
    """Do a conditional write; False where its condition failed, because a key is taken.

    A write that another one interfered with, or that was throttled, is tried again after a pause. Raises Contended or
    ExternalServiceUnavailable where that did not help, and InvalidInput where an item can never be written.
    """
    reasons: set[str] = set()
    for _ in attempts(MAX_ATTEMPTS):
        with outside("dynamodb"):
            try:
                write()
            except ClientError as error:
                reasons = cancellation_reasons(error)
                if not reasons:
                    raise
            else:
                return True
        if reasons & _TAKEN:
            return False
        if reasons & _TOO_LARGE:
            message = f"DynamoDB cannot hold an item of the transaction: {', '.join(sorted(reasons))}"
            raise InvalidInput(message)
    if reasons <= _CONFLICT:
        message = f"others wrote to the same items {MAX_ATTEMPTS} times in a row"
        raise Contended(message, service="dynamodb")
    message = f"the transaction was refused {MAX_ATTEMPTS} times in a row"
    raise ExternalServiceUnavailable(message, service="dynamodb", reasons=", ".join(sorted(reasons)))


def linked(write: Callable[[], object], *, facts: int) -> Linkage:
    """Write a transaction whose first items are facts and whose others are links of the audit chain.

    Says whose key is taken; a chain that another transaction writes to at the same time has gone on. Facts that others
    interfered with are tried again after a pause, as `written` does, and raise what it raises.
    """
    outcome = Linkage.WRITTEN

    def write_or_see_who_was_faster() -> None:
        nonlocal outcome
        try:
            write()
        except ClientError as error:
            codes = _codes(error)
            if _TAKEN.isdisjoint(codes[:facts]) and not (_TAKEN | _CONFLICT).isdisjoint(codes[facts:]):
                outcome = Linkage.BEHIND
                return
            raise

    return outcome if written(write_or_see_who_was_faster) else Linkage.TAKEN


def cancellation_reasons(error: ClientError) -> set[str]:
    """Return why a write was not done, for those errors that this module reads; nothing for all others."""
    code = error_code(error)
    if code == "TransactionCanceledException":
        return set(_codes(error)) - {"None"} or {code}
    return {code} if code in _TAKEN | _CONFLICT else set()


def _codes(error: ClientError) -> list[str]:
    """Return what a cancelled transaction says of each of its items, in their order."""
    return [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]


def refuse_large(items: list[dict[str, Any]]) -> None:
    """Raise InvalidInput where an item, or all of them together, are larger than DynamoDB takes."""
    sizes = [sum(len(name.encode()) + _size(value) for name, value in item.items()) for item in items]
    for item, size in zip(items, sizes, strict=True):
        if size > ITEM_LIMIT:
            key = f"{item['partition']['S']} {item['sort']['S']}"
            message = f"{key} has {size:,} bytes, at most {ITEM_LIMIT:,} can be kept: divide it"
            raise InvalidInput(message)
    if sum(sizes) > TRANSACTION_BYTES:
        message = f"{sum(sizes):,} bytes in one transaction, at most {TRANSACTION_BYTES:,} can be"
        raise InvalidInput(message)


def _size(value: dict[str, Any]) -> int:
    """Return how many bytes DynamoDB counts for a value: at most one too many for a number."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content.lstrip("-")) // 2 + 2
        case "M":
            return 3 + sum(len(name.encode()) + _size(part) + 1 for name, part in content.items())
        case "L":
            return 3 + sum(_size(part) + 1 for part in content)
        case _:  # true, false and nothing
            return 1
