"""Addresses that are not written to again: they bounced for good, or complained, until a person says that they work.

    addresses#<entity>
        <address>#failed#<mail>     a mail to it bounced for good or was complained of, and when
        <address>#works#<nnn>       a person says that it works, and when

An address is named by the digest of its text. It is not written to where it failed after a person last said that it
works: in whatever order these arrive and however often, they come to the same.
"""

import operator
from collections.abc import Iterable
from datetime import datetime
from email.utils import parseaddr

from pydantic import Field

from billproof.errors import Contended, InvalidInput
from billproof.ids import digest_bytes
from billproof.model import Model
from billproof.ports import Key, Record, Records
from billproof.retrying import attempts
from billproof.store_keys import FactKey, FactName, ordinal_text, partition_name

FAILED, WORKS = "failed", "works"
MAX_ATTEMPTS = 10
ADDRESS_NAME = 32
"""Digits of the digest of an address that name it."""


class FailedAddress(Model):
    """The fact that an address is not to be written to again: why, by which mail and document, and when that was."""

    address: str
    why: str
    mail: str
    invoice: str
    happened_at: str


class WorkingAddress(Model):
    """The fact that a person says that an address works again."""

    address: str
    ordinal: int
    said_by: str
    said_at: str
    reason: str


class Recipients(Model):
    """To whom a mail goes, and who gets copies; `left_out` are not written to. Nobody is left where `to` is empty."""

    to: str
    copies: tuple[str, ...] = ()
    left_out: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)


class Addresses:
    """Which addresses of customers fail, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def fail(self, entity: str, failed: FailedAddress) -> bool:
        """Keep that an address failed; False where the same is known."""
        fact = FactName(FAILED, failed.mail)
        return self._records.create(_record(entity, failed.address, fact, failed))

    def failure(self, entity: str, address: str) -> FailedAddress | None:
        """Return why an address is not written to, or None where it is."""
        failures, said = self._told(entity, address)
        after = max((_instant(one.said_at) for one in said), default=None)
        standing = [one for one in failures if after is None or _instant(one.happened_at) > after]
        return max(standing, key=lambda one: _instant(one.happened_at), default=None)

    def works(self, entity: str, address: str, *, said_by: str, reason: str, now: datetime) -> None:
        """Keep that a person says that an address works; of one that is written to anyway nothing is kept.

        Raises InvalidInput for an address that never failed, and Contended where others kept saying so.
        """
        for _ in attempts(MAX_ATTEMPTS):
            failures, said = self._told(entity, address)
            if not failures:
                message = "this address did not fail: it is written to"
                raise InvalidInput(message)
            if self.failure(entity, address) is None:
                return
            ordinal = len(said) + 1
            fact = WorkingAddress(
                address=failures[0].address,
                ordinal=ordinal,
                said_by=said_by,
                said_at=now.isoformat(),
                reason=reason,
            )
            if self._records.create(_record(entity, address, FactName(WORKS, ordinal_text(ordinal)), fact)):
                return
        message = "others kept saying that this address works"
        raise Contended(message)

    def recipients(self, entity: str, to: str, copies: Iterable[str] = ()) -> Recipients:
        """Return who is written to: those who get copies, in place of an address that fails."""
        wanted = tuple(dict.fromkeys((to, *copies)))
        left_out = tuple(address for address in wanted if self.failure(entity, address) is not None)
        able = [address for address in wanted if address not in left_out]
        return Recipients(to=able[0] if able else "", copies=tuple(able[1:]), left_out=left_out)

    def _told(self, entity: str, address: str) -> tuple[list[FailedAddress], list[WorkingAddress]]:
        failures: list[FailedAddress] = []
        said: list[WorkingAddress] = []
        for record in self._records.query(_partition(entity), prefix=str(FactKey(address_name(address)))):
            if FactName.parse(FactKey.parse(record.key.sort).fact).kind == WORKS:
                said.append(WorkingAddress.model_validate(record.document))
            else:
                failures.append(FailedAddress.model_validate(record.document))
        return failures, said


def address_name(address: str) -> str:
    """Name an address: the same one however it is written, with a name beside it or in capital letters."""
    return digest_bytes(plain_address(address).encode())[:ADDRESS_NAME]


def plain_address(address: str) -> str:
    """Return an address without a name beside it, in small letters."""
    return (parseaddr(address)[1] or address).strip().casefold()


def _partition(entity: str) -> str:
    return partition_name("addresses", entity)


def _record(entity: str, address: str, fact: FactName, content: Model) -> Record:
    key = Key(_partition(entity), str(FactKey(address_name(address), str(fact))))
    return Record(key, content.model_dump(mode="json"))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
