"""Taking a file of remittance advices in: read and checked, each is kept, and receipts are looked at again.

    read and check | keep each advice | send what waits of their amounts to be matched again
                   ^ refused: nothing ^ died: all is kept and sent again, and each is the same one

A payer, or who has its mail, puts it where banks put their files, under the name of its format:
`bank-statements/skymeter-inc/advice=clearing-house/2013-02.csv`. An advice may come before its payment or after it: a
receipt reads the advices once it is kept, and an advice looks for receipts once that is kept.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from billproof.errors import InvalidInput, Unreadable
from billproof.ids import canonical_json
from billproof.masterdata.csv_files import CsvAdviceFormat
from billproof.masterdata.directory import Directory
from billproof.payments.advices import AdviceBook, RemittanceAdvice
from billproof.payments.book import CashBook
from billproof.payments.matching.advised import AFTER, BEFORE
from billproof.payments.service import ReceiptAdvised
from billproof.payments.taking_statements import BankFile, FileOutcome, TakenFile
from billproof.periods import month_names
from billproof.ports import Queue

type ReadAdvices = Callable[[bytes, str, CsvAdviceFormat], list[RemittanceAdvice]]
"""Reads every advice of a legal entity's file; raises InvalidInput for one that is not sound."""


@dataclass(frozen=True)
class AdviceSources:
    """What taking remittance advices in reads and writes."""

    directory: Directory
    book: AdviceBook
    cash: CashBook
    events: Queue
    read: ReadAdvices


def read_advices(file: BankFile, *, directory: Directory, read: ReadAdvices) -> list[RemittanceAdvice]:
    """Return the advices of a file, of which nothing is wrong; nothing is kept.

    Raises Unreadable for a file that is not sound, NotFound for an unknown legal entity, and InvalidInput where it has
    no such format.
    """
    entity = directory.legal_entity(file.legal_entity)
    declared = next((declared for declared in entity.csv_advices if declared.id == file.advice), None)
    if declared is None:
        message = f"{entity.id} has no format of remittance advices of that name"
        raise InvalidInput(message)
    try:
        return read(file.data, entity.id, declared)
    except InvalidInput as error:
        raise Unreadable(error.message, **error.details) from None


def take_advices(file: BankFile, *, sources: AdviceSources) -> TakenFile:
    """Keep every advice of a file, and have the receipts of their amounts that wait matched again.

    The same file again changes nothing. Raises as read_advices does.
    """
    advices = read_advices(file, directory=sources.directory, read=sources.read)
    are_new = [sources.book.add(advice) for advice in advices]
    waiting = dict.fromkeys(_waiting(advices, sources.cash))
    events = (ReceiptAdvised(kind="advised", legal_entity=file.legal_entity, receipt=receipt) for receipt in waiting)
    sources.events.send(canonical_json(event.model_dump(mode="json")).decode() for event in events)
    return TakenFile(
        outcome=FileOutcome.TAKEN if any(are_new) else FileOutcome.KNOWN,
        legal_entity=file.legal_entity,
        advices=len(advices),
    )


def _waiting(advices: Iterable[RemittanceAdvice], cash: CashBook) -> Iterator[str]:
    """Yield the receipts that may be what some advices tell of, and that nothing was applied of."""
    totals: dict[tuple[str, str], set[object]] = {}
    for advice in advices:
        for month in month_names(advice.paid_on - BEFORE, advice.paid_on + AFTER + timedelta(days=1)):
            totals.setdefault((advice.legal_entity, month), set()).add(advice.total)
    for (entity, month), amounts in sorted(totals.items(), key=lambda one: one[0]):
        for state in cash.received(entity, month):
            if state.receipt.amount in amounts and (state.proposal is not None or not state.uses):
                yield state.receipt.id
