"""The blocks of a chain and the entries that they hold.

    block 41 <- previous -- block 42 <- previous -- block 43 (head)
                            | entries: what was written, where, its keyed digest, and who asked for it
                            | written: blocks whose objects are known to be stored

A block's hash is that of a leaf of a Merkle tree (RFC 6962) over its canonical JSON without the hash.
"""

from typing import Any

import msgspec

from billproof.audit.merkle import leaf_hash
from billproof.ids import canonical_json
from billproof.ports import Document

FACT, OBJECT, ADOPTED, ERASED = "fact", "object", "adopted", "erased"
"""What an entry is of: a fact, an object, something that was stored before the chain, or a subject that was erased."""
OBJECTS = "objects"
"""The store of objects, as entries name it; the others are named as tables of facts."""
ANCHORED = "anchors"
"""The store of anchors, as entries name it: they lie in a bucket of their own."""
NOTHING_BEFORE = "0" * 64
"""What the first block of a chain follows."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One fact or object: where it lies and its HMAC-SHA256 under the key of its subject."""

    what: str
    store: str
    place: tuple[str, ...]
    """The partition and the sort key of a fact, or the key of an object."""
    subject: str
    digest: str
    size: int = 0
    by: str = ""
    """Who asked, decided or signed, as the fact names them."""
    why: str = ""
    """Why something was adopted or erased; why something was decided is in the fact."""
    before: tuple[str, ...] = ()
    """Where the fact is that was in force until this one: its own record has its digest."""

    @property
    def name(self) -> tuple[str, ...]:
        """Tells what it is of from everything else that is stored."""
        return (self.store, *self.place)


class AuditBlock(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One link of a chain."""

    chain: str
    sequence: int
    previous: str
    at: str
    function: str
    request: str
    entries: tuple[Entry, ...] = ()
    written: tuple[int, ...] = ()
    """Earlier blocks of this chain whose objects are all stored."""
    void: tuple[int, ...] = ()
    """Earlier blocks whose object another one had written first."""
    hash: str = ""

    def computed_hash(self) -> str:
        """Return the hash that the block has to have."""
        return hash_of(self.document())

    def document(self) -> dict[str, Any]:
        """Return it as it is stored."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return document

    @classmethod
    def seal(cls, block: "AuditBlock") -> "AuditBlock":
        """Return a block with its hash."""
        return msgspec.structs.replace(block, hash=block.computed_hash())

    @classmethod
    def read(cls, document: Any) -> "AuditBlock":
        """Read a stored block; raises msgspec.ValidationError."""
        return msgspec.convert(document, cls, strict=True)


def bytes_of_fact(document: Document) -> bytes:
    """Return what the digest of a fact is made of; of what no writer of ours can have written, some other bytes."""
    try:
        return canonical_json(dict(document))
    except (TypeError, ValueError):
        return repr(document).encode(errors="surrogatepass")


def hash_of(document: dict[str, Any]) -> str:
    """Return the hash of a block's document."""
    return leaf_hash(canonical_json({name: value for name, value in document.items() if name != "hash"})).hex()
