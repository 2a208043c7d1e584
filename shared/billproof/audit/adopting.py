"""What was stored before the chain began is taken into it, declared as such; and what the law wants gone is declared.

Adopting says nothing about what happened before: from then on, whatever is changed or removed is found.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from billproof.audit.chain import ENTRIES_LIMIT, AuditChain
from billproof.audit.index import Name, index_of, is_erasable
from billproof.audit.model import ADOPTED, ERASED, OBJECTS, Entry
from billproof.audit.naming import SHARED, chain_of, owner_of_object, owner_of_record
from billproof.audit.stores import AuditedObjects, AuditedRecords
from billproof.audit.walking import all_blocks, all_chains
from billproof.errors import InvalidInput, NotFound
from billproof.model import Model
from billproof.ports import NewObject
from billproof.store_keys import ChainName


class Adopted(Model):
    """How much was taken into the chain."""

    facts: int
    objects: int


def adopt(
    *, chain: AuditChain, facts: Mapping[str, AuditedRecords], objects: AuditedObjects, by: str, why: str
) -> Adopted:
    """Record everything that is stored and has no record, as adopted by somebody for a reason; again adds nothing.

    Raises InvalidInput where nobody is named, or no reason.
    """
    refuse_nobody(by, why)
    recorded = _recorded(chain)
    counts = {True: 0, False: 0}
    waiting: dict[str, list[Entry]] = {}
    for owner, entry in _unrecorded(facts, objects, recorded):
        declared = Entry(
            what=ADOPTED,
            store=entry.store,
            place=entry.place,
            subject=entry.subject,
            digest=entry.digest,
            size=entry.size,
            by=by,
            why=why,
        )
        mine = waiting.setdefault(chain_of(owner, ("adopted",)), [])
        mine.append(declared)
        counts[entry.store == OBJECTS] += 1
        if len(mine) == ENTRIES_LIMIT:
            chain.append(chain_of(owner, ("adopted",)), mine)
            mine.clear()
    for name, mine in waiting.items():
        if mine:
            chain.append(name, mine)
    return Adopted(facts=counts[False], objects=counts[True])


def adopt_object(new: NewObject, *, chain: AuditChain, objects: AuditedObjects, by: str, why: str) -> None:
    """Record an object as adopted by somebody for a reason, and put it. Raises InvalidInput without one of both."""
    refuse_nobody(by, why)
    declared = msgspec.structs.replace(objects.entry(new.key, new.data, what=ADOPTED), by=by, why=why)
    chain.append(chain_of(owner_of_object(new.key).owner, ("adopted",)), [declared])
    objects.below.put(new.key, new.data, content_type=new.content_type)


def _unrecorded(
    facts: Mapping[str, AuditedRecords], objects: AuditedObjects, recorded: set[Name]
) -> Iterator[tuple[str, Entry]]:
    for store, records in facts.items():
        for record in records.all():
            if (store, record.key.partition, record.key.sort) not in recorded:
                yield owner_of_record(record, records.owners).owner, records.entry(record)
    for key in objects.keys(""):
        if (OBJECTS, key) not in recorded:
            yield owner_of_object(key).owner, objects.entry(key, objects.get(key))


def _recorded(chain: AuditChain) -> set[Name]:
    return set(index_of(all_chains(chain)).entries)


def declare_erased(*, chain: AuditChain, subject: str, keys: Sequence[str] = (), by: str, why: str) -> int:
    """Record that an account, or objects of any subject, are erased; return the number of declarations.

    The payload and, for a whole subject, the key of its digests are removed by whoever may: after the declaration, so
    that nothing is ever gone without one. Raises InvalidInput where nobody is named, no reason, or a subject that is
    more than an account, and NotFound where the chain knows nothing of the subject or of an object.
    """
    refuse_nobody(by, why)
    if not keys and not is_erasable(subject, {ChainName.parse(name).owner for name in chain.names()}):
        message = "this is no account: of what several share, declare objects one by one"
        raise InvalidInput(message)
    known = (entry for block in all_blocks(chain) for entry in block.entries)
    places = {(entry.place if keys else ()) for entry in known if _is_meant(entry, subject, keys)}
    if len(places) < max(len(keys), 1):
        message = "the audit chain knows no such subject, or not all of these objects"
        raise NotFound(message)
    declarations = [
        Entry(what=ERASED, store=OBJECTS if place else "", place=place, subject=subject, digest="", by=by, why=why)
        for place in sorted(places)
    ]
    chain.append(chain_of(SHARED, (subject,)), declarations)
    return len(declarations)


def _is_meant(entry: Entry, subject: str, keys: Sequence[str]) -> bool:
    if keys:
        return entry.store == OBJECTS and entry.place[0] in keys
    return entry.subject == subject


def refuse_nobody(by: str, why: str) -> None:
    """Raise InvalidInput where nobody is named, or no reason."""
    if not by or not why:
        message = "say who declares it, and why"
        raise InvalidInput(message)
