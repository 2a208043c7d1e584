"""What a legal entity took over from another system, as facts: one opening, and what took effect with it.

    openings#<entity>           in-effect          the opening's document and digest, and the first period
    numbers#<entity>#<year>     000000000001       how many numbers of the series were given before
    balance#<entity>#<account>  <currency>#000001  what the customer had to its credit

The fact and the blocks of numbers are written in one transaction, before any number is given: so no document takes a
number that the other system gave.
"""

from collections.abc import Iterable, Sequence

from billproof.errors import Conflict, ImmutableDocument
from billproof.ids import digest_bytes
from billproof.invoicing.balance import BalanceChange, BalanceEntry, Worth
from billproof.invoicing.balances import balance_key
from billproof.invoicing.series import Block, Series, block_key
from billproof.model import Model
from billproof.ports import TRANSACTION_LIMIT, Key, Objects, Record, Records
from billproof.store_keys import partition_name

OPENING = "opening"
"""In place of a document's id: what was taken over."""
IN_EFFECT = "in-effect"


class OpeningInEffect(Model):
    """The fact that an opening took effect: its document, and the version and ERP of the legal entity that it is in."""

    legal_entity: str
    first_period: str
    document: str
    digest: str
    entity_version: int
    erp: str
    in_effect_at: str


def opening_key(legal_entity: str, digest: str) -> str:
    """Return where the document of an opening is: its name holds its content's digest."""
    return f"invoices/{legal_entity}/{OPENING}/{digest}.json"


def read_opening(objects: Objects, key: str, digest: str) -> bytes:
    """Return the document of an opening; raises NotFound, and ImmutableDocument where it is another one."""
    data = objects.get(key)
    if digest_bytes(data) != digest:
        message = "the stored opening is not the one that was proposed"
        raise ImmutableDocument(message, key=key, expected=digest)
    return data


class Openings:
    """What legal entities took over, over records: at most one opening of each."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def in_effect(self, entity: str) -> OpeningInEffect | None:
        """Return the opening of a legal entity, or None where it took nothing over."""
        stored = self._records.get(_key(entity))
        return OpeningInEffect.model_validate(stored) if stored else None

    def begin(self, opening: OpeningInEffect, before: Iterable[tuple[Series, int]]) -> OpeningInEffect:
        """Let an opening take effect, with how many numbers of each series were given before; again changes nothing.

        Returns it as it was kept first. Raises Conflict where another is in effect, or numbers are given already.
        """
        records = [Record(_key(opening.legal_entity), opening.model_dump(mode="json"))]
        for series, number in before:
            block = Block(first=1, invoices=(), given_before=number, issue_date=series.issue_date)
            records.append(Record(block_key(series, block.first), block.model_dump(mode="json")))
        if self._records.create_all(records):
            return opening
        known = self.in_effect(opening.legal_entity)
        if known is None or known.digest != opening.digest:
            why = "another opening is in effect" if known else "documents have numbers of these series already"
            message = f"{opening.legal_entity}: {why}"
            raise Conflict(message)
        return known

    def credit(self, entity: str, entries: Sequence[tuple[str, BalanceEntry]]) -> None:
        """Let customers' balances begin with these entries, by account; again changes nothing.

        Raises Conflict where a balance began otherwise.
        """
        records = [
            Record(
                balance_key(entity, account, entry.change.change.currency, entry.change.ordinal),
                entry.model_dump(mode="json"),
            )
            for account, entry in entries
        ]
        for start in range(0, len(records), TRANSACTION_LIMIT):
            chunk = records[start : start + TRANSACTION_LIMIT]
            if self._records.create_all(chunk):
                continue
            for record in chunk:
                if not self._records.create(record) and self._records.get(record.key) != record.document:
                    message = f"{record.key.partition} began otherwise: no opening balance can be taken over"
                    raise Conflict(message)


def first_change(worth: Worth) -> BalanceChange:
    """Return the change by which a balance begins."""
    return BalanceChange(
        ordinal=1,
        opening=worth.nothing.amount,
        change=worth.amount,
        opening_booked=worth.nothing.booked,
        change_booked=worth.booked,
    )


def _key(entity: str) -> Key:
    return Key(partition_name("openings", entity), IN_EFFECT)
