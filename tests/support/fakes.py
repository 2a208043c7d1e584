"""Memory fakes of the ports. The contract tests hold them to what the adapters do."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, Self

from billproof.adapters.aws.dynamodb import item_of
from billproof.adapters.aws.transactions import ITEM_LIMIT, refuse_large
from billproof.errors import BillproofError, ExternalServiceUnavailable, InvalidInput, KeyReused, NotFound
from billproof.ids import canonical_json, shown
from billproof.letters import DeadQueue, Letter
from billproof.ports import TRANSACTION_LIMIT, Allowance, Document, Key, Linkage, NewObject, Record


def copied(document: Document) -> Document:
    """Return a document of its own: nobody changes what is stored through what was given or returned."""
    return {name: _copied_value(value) for name, value in document.items()}


def _copied_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied_value(item) for name, item in value.items()}
    return [_copied_value(item) for item in value] if isinstance(value, (list, tuple)) else value


class MemoryRecords:
    def __init__(self) -> None:
        self.items: dict[Key, Document] = {}
        self.before_write: Callable[[Sequence[Record]], None] = lambda _records: None

    def get(self, key: Key) -> Document | None:
        document = self.items.get(key)
        return None if document is None else copied(document)

    def create(self, record: Record) -> bool:
        return self.create_all([record])

    def create_all(self, records: Sequence[Record]) -> bool:
        self._check(records)
        self.before_write(records)
        if any(record.key in self.items for record in records):
            return False
        self._keep(records)
        return True

    def create_beside(self, records: Sequence[Record], chain: Self, links: Sequence[Record]) -> Linkage:
        self._check(records)
        self.before_write(records)
        chain.before_write(links)
        if any(record.key in self.items for record in records):
            return Linkage.TAKEN
        if any(link.key in chain.items for link in links):
            return Linkage.BEHIND
        self._keep(records)
        chain._keep(links)
        return Linkage.WRITTEN

    def all(self) -> Iterator[Record]:
        for key in sorted(self.items):
            yield Record(key, copied(self.items[key]))

    def _check(self, records: Sequence[Record]) -> None:
        if len(records) > TRANSACTION_LIMIT:
            raise InvalidInput("too many records in one transaction")
        written = sum(len(canonical_json(dict(record.document))) for record in records)  # refuses floats, as DynamoDB
        if written > ITEM_LIMIT // 2:
            refuse_large([item_of(record) for record in records])

    def _keep(self, records: Sequence[Record]) -> None:
        for record in records:
            self.items[record.key] = copied(record.document)

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        known = tuple(self.items)  # others write meanwhile
        keys = sorted(key for key in known if key.partition == partition and key.sort.startswith(prefix))
        for key in (keys[::-1] if newest_first else keys)[:limit]:
            yield Record(key, copied(self.items[key]))

    def query_after(self, partition: str, sort: str) -> Iterator[Record]:
        return (record for record in self.query(partition) if record.key.sort > sort)


class MemoryObjects:
    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}
        self.before_put: Callable[[str], None] = lambda _key: None

    def get(self, key: str) -> bytes:
        try:
            return self.items[key]
        except KeyError:
            raise NotFound(f"there is no object {shown(key)}") from None

    def copy_to(self, file: IO[bytes], key: str, *, fits: Callable[[int], bool]) -> bool:
        data = self.get(key)
        is_wanted = fits(len(data))
        if is_wanted:
            file.write(data)
        return is_wanted

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        self.before_put(key)
        self.items[key] = data

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        failed: dict[str, BillproofError] = {}
        for new in objects:
            try:
                self.put(new.key, new.data)
            except BillproofError as error:
                failed[new.key] = error
        return failed

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        self.before_put(key)
        return self.items.setdefault(key, data) is data

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in tuple(self.items) if key.startswith(prefix))  # others write meanwhile


class MemoryQueue:
    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.is_down = False

    def send(self, bodies: Iterable[str]) -> None:
        if self.is_down:
            raise ExternalServiceUnavailable("the queue is down")
        self.bodies += bodies


class MemoryDeadLetters:
    """Dead letters of some queues, each with its error; what is sent back is in `sent`."""

    def __init__(self) -> None:
        self.dead: dict[str, list[tuple[str, str]]] = {"payment-events": [], "usage-events": []}
        self.sent: list[tuple[str, str]] = []

    def queues(self) -> list[DeadQueue]:
        return [DeadQueue(queue=name, waiting=0, dead_letters=len(dead)) for name, dead in sorted(self.dead.items())]

    def letters(self, queue: str, *, most: int) -> list[Letter]:
        return [
            Letter(id=f"letter-{number}", sent_at="2013-02-02T12:00:00.000000Z", body=body, error=error)
            for number, (body, error) in enumerate(self._of(queue)[:most], start=1)
        ]

    def send_back(self, queue: str, *, most: int) -> int:
        dead = self._of(queue)
        taken, dead[:] = dead[:most], dead[most:]
        self.sent += [(queue, body) for body, _ in taken]
        return len(taken)

    def _of(self, queue: str) -> list[tuple[str, str]]:
        if queue not in self.dead:
            message = f"there is no queue {shown(queue)}"
            raise NotFound(message)
        return self.dead[queue]


class MemoryCallLimits:
    """As many calls at once as a test says, and none after that."""

    burst, a_second = 100, 20

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def take(self, caller: str) -> Allowance:
        left = self.burst - self.taken.get(caller, 0)
        if left == 0:
            return Allowance(left=0, retry_seconds=1)
        self.taken[caller] = self.taken.get(caller, 0) + 1
        return Allowance(left=left - 1, retry_seconds=0)


class MemoryWorkflows:
    def __init__(self) -> None:
        self.executions: dict[str, Document] = {}
        self.statuses: dict[str, str] = {}

    def start(self, *, name: str, document: Document) -> bool:
        if name in self.executions:
            return False
        self.executions[name] = document
        self.statuses[name] = "RUNNING"
        return True

    def status(self, name: str) -> str | None:
        return self.statuses.get(name)


class MemoryTokens:
    def __init__(self) -> None:
        self.answers: dict[str, Document] = {}

    def answer(self, *, token: str, document: Document) -> bool:
        return self.answers.setdefault(token, document) is document


class MemoryMailer:
    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.copies: list[tuple[str, ...]] = []

    def send(self, *, to: str, message: bytes, copies: Sequence[str] = ()) -> None:
        self.sent.append((to, message))
        self.copies.append(tuple(copies))


class MemoryArchive:
    """An archive: what is in `until` is locked until then."""

    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}
        self.until: dict[str, datetime] = {}

    def keep(self, key: str, data: bytes, *, content_type: str, until: datetime) -> None:
        del content_type
        if key not in self.items:
            self.items[key], self.until[key] = data, until

    def get(self, key: str) -> bytes:
        try:
            return self.items[key]
        except KeyError:
            raise NotFound(f"there is no object {shown(key)}") from None


class MemoryFileLinks:
    def link(self, key: str, *, file_name: str, seconds: int) -> str:
        return f"https://files.example/{key}?name={file_name}&seconds={seconds}"


def run_once(function: Callable[..., dict[str, Any]], **_options: Any) -> Callable[..., dict[str, Any]]:
    return function


class MemoryAnswers:
    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, dict[str, Any]]] = {}

    def once(self, *, key: str, payload: str, work: Callable[[], dict[str, Any]], context: Any) -> dict[str, Any]:
        if key not in self.kept:
            self.kept[key] = (payload, work())
        known, answer = self.kept[key]
        if known != payload:
            raise KeyReused("this Idempotency-Key was used for another request")
        return answer
