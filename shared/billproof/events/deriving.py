"""Which events a block of the audit chain stands for.

    a fact      told by its own block: both are one transaction
    an object   told by the block that says that it is stored: a record comes before its object

What was stored before the chain and adopted, or erased since, tells nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain as chained

from billproof.audit.chain import AuditChain
from billproof.audit.model import FACT, OBJECT, OBJECTS, AuditBlock, Entry
from billproof.errors import NotFound
from billproof.events.happenings import Happening, codes_of, happenings_of_fact, owner_of
from billproof.events.identity import EventId
from billproof.events.model import PREFIX, InvoiceChanged, OutboundEvent, UsageRefused, schema_id
from billproof.events.reading import block_at
from billproof.ids import digest
from billproof.masterdata.directory import Directory
from billproof.nets import Net
from billproof.pipeline.artefacts import DRAFTED
from billproof.ports import Key, Objects, Records
from billproof.store_keys import ChainName, ObjectKey, sequence_text
from billproof.usage.log import read_quarantined
from billproof.usage.model import Quarantined

MOST_ACCOUNTS = 100
"""Accounts that an event about refused usage names."""
MOST_SOUGHT = 1_000
"""Accounts of one object of refused usage whose legal entity is looked up: one call of ingestion may refuse 100,000."""
STEP = "publish_events"
NO_SUCH_EVENT = "there is no such event"
"""What is said of an event that there is not, and of one that is not for who asks."""


type FirstTold = Callable[[str, str], str]
"""Answers, for the name of what an object's record says, the place at which it is told; here, where it is at none."""


@dataclass(frozen=True)
class EventSources:
    """The chain, and what its records are of. Accounts are looked up once.

    A step that is tried again records an object again. What that says is told once, at the place that is `first_told`.
    """

    chain: AuditChain
    facts: Mapping[str, Records]
    objects: Objects
    directory: Directory
    first_told: FirstTold
    _owners: dict[str, str | None] = field(default_factory=dict)

    def of_block(self, block: AuditBlock) -> list[OutboundEvent]:
        """Return the events that a block stands for, in their order.

        An entry whose fact or object is not what was written tells nothing: the error is counted and logged.
        """
        net = Net(STEP)
        entries = [(block, number) for number, entry in enumerate(block.entries) if entry.what == FACT]
        for sequence in block.written:
            recorded = block_at(self.chain, block.chain, sequence)
            if recorded is not None:
                entries += [(recorded, number) for number, entry in enumerate(recorded.entries) if entry.what == OBJECT]
        return list(chained.from_iterable(self._caught(net, one, number) for one, number in entries))

    def _caught(self, net: Net, block: AuditBlock, number: int) -> list[OutboundEvent]:
        nothing: list[OutboundEvent] = []
        return net.catch(str(number), lambda: self._of_entry(block, number), lambda _finding: nothing)

    def of_id(self, event: EventId) -> OutboundEvent:
        """Return the event of an id as it is told now; raises NotFound where there is none."""
        block = block_at(self.chain, str(event.chain), event.sequence)
        if block is not None and event.entry < len(block.entries):
            for outbound in self._of_entry(block, event.entry):
                if outbound.id == str(event):
                    return outbound
        raise NotFound(NO_SUCH_EVENT)

    def _of_entry(self, block: AuditBlock, number: int) -> list[OutboundEvent]:
        entry, place = block.entries[number], EventId(ChainName.parse(block.chain), block.sequence, number)
        happenings = list(self._of_object(entry.place[0]) if entry.store == OBJECTS else self._of_fact(entry))
        if happenings and entry.store == OBJECTS:
            name = digest([*entry.place, entry.digest])
            happenings = happenings if self.first_told(name, str(place)) == str(place) else []
        return [_enveloped(happening, block, replace(place, part=part)) for part, happening in enumerate(happenings)]

    def _of_fact(self, entry: Entry) -> Iterable[Happening]:
        return happenings_of_fact(Key(*entry.place), entry.store, self.facts, self.directory, self.objects)

    def _of_object(self, key: str) -> list[Happening]:
        name = ObjectKey.parse(key)
        try:
            if name.folder == "quarantine":
                return list(self._refused(key, read_quarantined(self.objects, key)))
            if name.folder == "runs" and name.parts[1:2] == (DRAFTED.step,):
                return list(_drafted(self.objects.get(key)))
        except NotFound:  # it was erased
            pass
        return []

    def _refused(self, key: str, lines: Iterable[Quarantined]) -> Iterator[Happening]:
        known = list(lines)
        accounts_of_all = sorted({line.account for line in known if line.account})
        owners = {account: self._owner(account) for account in accounts_of_all[:MOST_SOUGHT]}
        by_owner: dict[str | None, list[Quarantined]] = {}
        for line in known:
            by_owner.setdefault(owners.get(line.account or ""), []).append(line)
        for owner, refused in sorted(by_owner.items(), key=lambda pair: pair[0] or ""):
            accounts = sorted({line.account for line in refused if line.account and owner})
            data = UsageRefused(
                legal_entity=owner,
                object=key,
                events=len(refused),
                reasons=dict(sorted(Counter(line.reason for line in refused).items())),
                accounts=tuple(accounts[:MOST_ACCOUNTS]),
            )
            yield Happening("usage.refused.v1", key, owner, data)

    def _owner(self, account: str) -> str | None:
        """Return the legal entity of an account that somebody named; None where there is none."""
        if account not in self._owners:
            self._owners[account] = owner_of(self.directory, account)
        return self._owners[account]


def _drafted(data: bytes) -> Iterator[Happening]:
    batch = DRAFTED.model.model_validate_json(data)
    for draft in batch.drafts:
        if draft.document is not None:
            said = InvoiceChanged(
                invoice=draft.invoice,
                account=draft.account,
                legal_entity=batch.legal_entity,
                period=batch.period.name,
                run=batch.run,
                total=draft.document.totals.gross,
                reasons=codes_of(draft.findings),
            )
            yield Happening("invoice.drafted.v1", draft.invoice, batch.legal_entity, said)


def _enveloped(happening: Happening, block: AuditBlock, name: EventId) -> OutboundEvent:
    owner = happening.legal_entity
    event_type = PREFIX + happening.type
    return OutboundEvent(
        id=str(name),
        source=f"/legal-entities/{owner}" if owner else "/billproof",
        type=event_type,
        subject=happening.subject,
        time=block.at,
        dataschema=schema_id(event_type),
        partitionkey=block.chain,
        sequence=sequence_text(block.sequence),
        data=happening.data.model_dump(mode="json"),
    )
