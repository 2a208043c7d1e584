"""The JSON Schema of a record of the audit chain, by the structure that is written; its fields are described here."""

from typing import Any

import msgspec

from billproof.audit.model import AuditBlock

BLOCK = {
    "chain": "Name of the chain: a legal entity, or one of those of all of them.",
    "sequence": "Place of the record in its chain, from 1 on, without a gap.",
    "previous": "Hash of the record before; 64 zeros in the first one.",
    "at": "When it was written, UTC.",
    "function": "Function or command that wrote.",
    "request": "Id of its request, as in the logs.",
    "entries": "What was written, one for each fact and object.",
    "written": "Earlier records of the chain whose objects are known to be stored.",
    "void": "Earlier records whose object another one had written first.",
    "hash": "Hash of the leaf of a Merkle tree (RFC 6962) over the canonical JSON of the record without this.",
}
ENTRY = {
    "what": "`fact`, `object`, `adopted` (stored before the chain began) or `erased`.",
    "store": "Table of facts, `objects` or `anchors`.",
    "place": "Partition and sort key of a fact, or the key of an object.",
    "subject": "Whose key the digest is under, so that it says nothing once the key is erased.",
    "digest": "HMAC-SHA256 of what was written, under the key of its subject.",
    "size": "Bytes of an object.",
    "by": "Who asked, decided or signed, as the fact names them.",
    "why": "Why something was adopted or erased.",
    "before": "Where the fact is that was in force until this one.",
}


def audit_record() -> dict[str, Any]:
    """Return the schema, without its names."""
    schema = msgspec.json.schema(AuditBlock)
    models = schema["$defs"]
    for name, texts in (("AuditBlock", BLOCK), ("Entry", ENTRY)):
        models[name]["additionalProperties"] = False
        for field, document in models[name]["properties"].items():
            document["description"] = texts[field]
    block = models.pop("AuditBlock")
    return {**block, "$defs": models, "examples": [_approval()]}


def _approval() -> dict[str, Any]:
    """Return the record of an approval: the first of a chain."""
    return AuditBlock.seal(AuditBlock.read(_UNSEALED)).document()


_UNSEALED: dict[str, Any] = {
    "chain": "skymeter-inc",
    "sequence": 1,
    "previous": "0" * 64,
    "at": "2013-02-05T09:30:00.000000Z",
    "function": "decide_exception",
    "request": "6f1c1d0e-52a5-4f0e-9a57-6c8f2b8a3f11",
    "entries": [
        {
            "what": "fact",
            "store": "decisions",
            "place": ["exception#skymeter-inc.2013-01.UA.001", "decision"],
            "subject": "entity/skymeter-inc",
            "digest": "9f0d6f0b4c8a3e51b7d2c46a1e8f3075d9b24c6e7a18f053c2e94b7d60a1f835",
            "by": "ana",
        }
    ],
}
