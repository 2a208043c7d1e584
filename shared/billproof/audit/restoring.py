"""Putting an object back as the chain recorded it, from an older version that the bucket keeps of it."""

from collections.abc import Iterable
from typing import NamedTuple

from billproof.audit.chain import AuditChain
from billproof.audit.index import index_of, is_as_recorded
from billproof.audit.model import OBJECTS
from billproof.audit.walking import all_chains
from billproof.errors import NotFound
from billproof.ids import shown
from billproof.ports import Objects


class Version(NamedTuple):
    """A version of an object, with its bytes."""

    id: str
    data: bytes
    content_type: str


class Restored(NamedTuple):
    """Which version was put back (none, where nothing differed), and the record that it is as it says."""

    key: str
    version: str | None
    record: str


def restore(key: str, *, chain: AuditChain, objects: Objects, versions: Iterable[Version]) -> Restored:
    """Put the newest version back that is what the chain recorded last; raises NotFound where there is none."""
    recorded = index_of(all_chains(chain)).entries.get((OBJECTS, key), [])
    if not recorded:
        message = f"no record names an object {shown(key)}"
        raise NotFound(message)
    last = recorded[-1]
    record = f"{last.where} of {last.block.at}"
    subjects = {one.entry.subject: chain.keys.known(one.entry.subject) for one in recorded}
    try:
        if is_as_recorded(recorded, objects.get(key), subjects.get):
            return Restored(key, None, record)
    except NotFound:
        pass
    for version in versions:
        if is_as_recorded(recorded, version.data, subjects.get):
            objects.put(key, version.data, content_type=version.content_type)
            return Restored(key, version.id, record)
    message = f"no version of {shown(key)} is what {record} recorded"
    raise NotFound(message)
