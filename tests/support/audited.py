"""The stores of the product over memory: what a test changes or spoils lies below the audit chain."""

from collections.abc import Callable, Sequence

from billproof.audit.chain import AuditChain
from billproof.audit.model import OBJECTS
from billproof.audit.naming import Owners
from billproof.audit.stores import AuditedObjects, AuditedRecords
from billproof.pipeline.run_facts import RunFacts
from billproof.ports import Document, Key, Record, Records
from tests.support.fakes import MemoryObjects, MemoryRecords


class AuditedMemoryRecords(AuditedRecords):
    """Audited facts whose items a test may read and change."""

    def __init__(self, chain: AuditChain, *, store: str, owners: Owners) -> None:
        self.memory = MemoryRecords()
        super().__init__(self.memory, chain, store=store, owners=owners)

    @property
    def items(self) -> dict[Key, Document]:
        return self.memory.items

    @items.setter
    def items(self, items: dict[Key, Document]) -> None:
        self.memory.items = items

    @property
    def before_write(self) -> Callable[[Sequence[Record]], None]:
        return self.memory.before_write

    @before_write.setter
    def before_write(self, hook: Callable[[Sequence[Record]], None]) -> None:
        self.memory.before_write = hook


class AuditedMemoryObjects(AuditedObjects):
    """Audited objects whose items a test may read and change."""

    def __init__(self, chain: AuditChain, *, store: str = OBJECTS) -> None:
        self.memory = MemoryObjects()
        super().__init__(self.memory, chain, store=store)

    @property
    def items(self) -> dict[str, bytes]:
        return self.memory.items

    @items.setter
    def items(self, items: dict[str, bytes]) -> None:
        self.memory.items = items

    @property
    def before_put(self) -> Callable[[str], None]:
        return self.memory.before_put

    @before_put.setter
    def before_put(self, hook: Callable[[str], None]) -> None:
        self.memory.before_put = hook


class MemoryRunFacts(RunFacts, AuditedMemoryRecords):
    """Facts of runs over memory."""

    def __init__(self, chain: AuditChain, *, owners: Owners, decisions: Records) -> None:
        AuditedMemoryRecords.__init__(self, chain, store="runs", owners=owners)
        self._decisions = lambda: decisions
