"""Ports: the Protocols that adapters implement, in the kernel's types only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import IO, Any, Protocol, Self

from billproof.errors import BillproofError, InvalidInput

Document = Mapping[str, Any]
"""A JSON object without floats."""

TRANSACTION_LIMIT = 98
"""Records that one `create_all` may hold: DynamoDB's TransactWriteItems takes 100, and the audit chain writes two."""
LINKS_LIMIT = 2
"""Records of the audit chain that are written together with facts."""

MOST_PARTITION_BYTES, MOST_SORT_BYTES = 2_048, 1_024
"""What a key of DynamoDB holds: an id is a part of one."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where a record lives: records of one partition are ordered by `sort`.

    Raises InvalidInput for a key that no store can hold: an id that a caller makes up may have any length.
    """

    partition: str
    sort: str

    def __post_init__(self) -> None:
        """Refuse a part that is longer than MOST_PARTITION_BYTES or MOST_SORT_BYTES; most are seen to be shorter."""
        for part, most in ((self.partition, MOST_PARTITION_BYTES), (self.sort, MOST_SORT_BYTES)):
            if len(part) * 4 > most and len(part.encode(errors="surrogatepass")) > most:
                message = f"a key has a part of more than {most} bytes: the id is too long"
                raise InvalidInput(message)


@dataclass(frozen=True, slots=True)
class Record:
    """A fact that was written once. Facts are added, never edited.

    `before` is where the fact is that was in force until this one: the audit chain records it, no store keeps it.
    """

    key: Key
    document: Document
    before: Key | None = field(default=None, compare=False)


class Records(Protocol):
    """Facts looked up by key. There is no update: state is what the facts add up to."""

    def get(self, key: Key) -> Document | None:
        """Return the fact at the key, read consistently, or None."""

    def create(self, record: Record) -> bool:
        """Write a fact where none is; False (and no change) where the key is taken."""

    def create_all(self, records: Sequence[Record]) -> bool:
        """Write all facts or none; False where any key is taken. At most TRANSACTION_LIMIT records."""

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys, read consistently."""


class PagedRecords(Records, Protocol):
    """Records that are read page by page, each from where the one before ended."""

    def query_after(self, partition: str, sort: str) -> Iterator[Record]:
        """Yield the facts of a partition whose sort keys come after one, in their order, read consistently."""


class Linkage(Enum):
    """What became of facts that were to be written together with a block of the audit chain."""

    WRITTEN = auto()
    TAKEN = auto()
    """A fact's key is taken: nothing was written."""
    BEHIND = auto()
    """Another block has the place in the chain: nothing was written."""


class LinkableRecords(PagedRecords, Protocol):
    """Records that can be written together with those of the audit chain, and read as a whole by its verification."""

    def create_beside(self, records: Sequence[Record], chain: Self, links: Sequence[Record]) -> Linkage:
        """Write facts and the links of a chain that is kept in other records, all of them or none."""

    def all(self) -> Iterator[Record]:
        """Yield every fact, in any order."""


@dataclass(frozen=True, slots=True)
class NewObject:
    """Bytes to put under a key."""

    key: str
    data: bytes
    content_type: str = "application/json"


class Objects(Protocol):
    """Immutable bytes under a key: the usage log, the run's artefacts, the documents."""

    def get(self, key: str) -> bytes:
        """Return the bytes; raises NotFound."""

    def copy_to(self, file: IO[bytes], key: str, *, fits: Callable[[int], bool]) -> bool:
        """Write the bytes to a file, a part after the other; False, and nothing, where their number does not fit.

        Raises NotFound.
        """

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Write the bytes; the same key with the same bytes may be written again."""

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Write all that can be written; return the keys of those that were not, with the errors."""

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        """Write the bytes where nothing is; False (and no change) where the key is taken."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""


class VersionedObjects(Objects, Protocol):
    """Objects of which earlier versions can be read: others may put another file under the same key."""

    def get(self, key: str, *, version: str = "") -> bytes:
        """Return the bytes of a version, or without one the latest; raises NotFound."""


class Archive(Protocol):
    """Bytes that nobody can change or remove before a moment: issued documents until the end of their retention."""

    def keep(self, key: str, data: bytes, *, content_type: str, until: datetime) -> None:
        """Write the bytes where nothing is; a key that is taken stays as it is."""

    def get(self, key: str) -> bytes:
        """Return the bytes; raises NotFound."""


class Queue(Protocol):
    """A queue that delivers each message at least once, in any order."""

    def send(self, bodies: Iterable[str]) -> None:
        """Send all messages; raises ExternalServiceUnavailable where any was not taken."""


class Workflows(Protocol):
    """State machines."""

    def start(self, *, name: str, document: Document) -> bool:
        """Start an execution under a name; False where one of that name exists already."""

    def status(self, name: str) -> str | None:
        """Return RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None where there is no such execution."""


class TaskTokens(Protocol):
    """Executions that wait under a task token."""

    def answer(self, *, token: str, document: Document) -> bool:
        """Let the execution that waits under a task token go on with a document; False where none waits any more."""


class Mailer(Protocol):
    """Outgoing mail."""

    def send(self, *, to: str, message: bytes, copies: Sequence[str] = ()) -> None:
        """Hand a whole RFC 5322 message over, to who it is to and who gets copies.

        Raises MailRefused or ExternalServiceUnavailable.
        """


class FileLinks(Protocol):
    """Links to stored objects, by which a browser fetches them."""

    def link(self, key: str, *, file_name: str, seconds: int) -> str:
        """Return the address of an object, which it is saved from under a name, and which ends after some seconds."""


class Clock(Protocol):
    """The time, handed in."""

    def __call__(self) -> datetime:
        """Return now, with a time zone."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of how often a caller may call: calls that it may make at once, and seconds until the next one."""

    left: int
    retry_seconds: int

    @property
    def is_used_up(self) -> bool:
        """Say whether this call is one too many."""
        return self.retry_seconds > 0


class CallLimits(Protocol):
    """How often a caller may call."""

    burst: int
    a_second: int

    def take(self, caller: str) -> Allowance:
        """Count a call of a caller, if it may make one."""


class StoredAnswers(Protocol):
    """What calls were answered, by their Idempotency-Key."""

    def once(self, *, key: str, payload: str, work: Callable[[], dict[str, Any]], context: Any) -> dict[str, Any]:
        """Return what the call under a key was answered, or do its work; a call that raises is not remembered.

        Raises KeyReused where the call under the key asked for something else, and Contended while it is under way.
        `context` is that of the Lambda call: when its time is up, the work counts as not begun.
        """
