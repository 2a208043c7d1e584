"""The keys of digests: one for each subject, made on first use. Without its key a digest says nothing of its payload.

key#<subject>       key          32 random bytes, in hexadecimal
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from threading import RLock

from billproof.errors import Contended, InvalidInput
from billproof.ports import Key, LinkableRecords, Record, Records
from billproof.store_keys import PartitionName, partition_name, sort_key

REMEMBERED = 50_000
KEY = "key"


def key_place(subject: str) -> Key:
    """Return where the key of a subject is."""
    return Key(partition_name(KEY, subject), "key")


def all_keys(records: LinkableRecords) -> Iterator[tuple[str, str]]:
    """Yield the subjects that have a key, with it in hexadecimal; the whole table is read."""
    for record in records.all():
        subject = subject_of_key(record.key)
        if subject is not None:
            yield subject, record.document.get("key", "")


def subject_of_key(key: Key) -> str | None:
    """Return the subject whose key lies at a place; None where none does."""
    name = PartitionName.parse(key.partition)
    return sort_key(*name.parts) if name.kind == KEY else None


class SubjectKeys:
    """Keys by subject, each looked up once in a process."""

    def __init__(self, records: Callable[[], Records]) -> None:
        self._records = records
        self._keys: dict[str, bytes] = {}
        self._one_at_a_time = RLock()

    def digest(self, subject: str, data: bytes) -> str:
        """Return the HMAC-SHA256 of bytes under the key of their subject, which is made where there is none."""
        with self._one_at_a_time:
            key = self._key(subject)
        return hmac.digest(key, data, hashlib.sha256).hex()

    def known(self, subject: str) -> bytes | None:
        """Return the key of a subject; None where it has none, or none any more, or is no name that a store holds."""
        try:
            place = key_place(subject)
        except InvalidInput:  # in a record that was changed
            return None
        document = self._records().get(place)
        return bytes.fromhex(document["key"]) if document else None

    def forget(self) -> None:
        """Forget all keys, as another process would have to look them up."""
        self._keys.clear()

    def _key(self, subject: str) -> bytes:
        if subject in self._keys:
            return self._keys[subject]
        if len(self._keys) >= REMEMBERED:
            self._keys.clear()
        key = self.known(subject) or self._make(subject)
        self._keys[subject] = key
        return key

    def _make(self, subject: str) -> bytes:
        key = secrets.token_bytes(32)
        if self._records().create(Record(key_place(subject), {"key": key.hex()})):
            return key
        made_meanwhile = self.known(subject)
        if made_meanwhile is None:
            message = "the key of a subject is made and removed at the same time"
            raise Contended(message)
        return made_meanwhile
