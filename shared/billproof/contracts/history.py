"""Who changed what: the versions of an account's contracts, what each changed, who signed it and who sent it."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from billproof.contracts.model import Contract
from billproof.model import Model
from billproof.periods import DateRange

UNTOLD = {"version", "signed_by", "effective"}
"""What is told of a version itself, not of its terms."""


class Receipt(Model):
    """When a version was received, and the identity that sent it."""

    received_at: str
    sender: str


class TermChange(Model):
    """A term that a version states otherwise than the one before: as JSON, null where it is not there."""

    path: str
    before: str | None
    after: str | None


class VersionChange(Model):
    """One version of a contract: from which day, by whom, and what it changed; the first one changes nothing.

    `receipt` says when it came and under which identity; null where it was kept before that was noted.
    """

    contract: str
    version: int
    effective: DateRange
    signed_by: str
    receipt: Receipt | None
    changes: tuple[TermChange, ...]


def version_changes(
    versions: Iterable[Contract], *, receipt_of: Callable[[Contract], Receipt | None]
) -> list[VersionChange]:
    """Say of each version of an account's contracts, given by contract and version, what it changed and who sent it."""
    changed_versions: list[VersionChange] = []
    before: Contract | None = None
    for contract in versions:
        same = before is not None and before.id == contract.id
        changed_versions.append(
            VersionChange(
                contract=contract.id,
                version=contract.version,
                effective=contract.effective,
                signed_by=contract.signed_by,
                receipt=receipt_of(contract),
                changes=tuple(changes(before, contract)) if before is not None and same else (),
            )
        )
        before = contract
    return changed_versions


def changes(before: Model, after: Model) -> Iterator[TermChange]:
    """Yield the terms that differ, by path; what has an id is found by it, wherever it stands."""
    was, now = _terms(before), _terms(after)
    for path in sorted(was.keys() | now.keys()):
        if was.get(path) != now.get(path):
            yield TermChange(path=path, before=was.get(path), after=now.get(path))


def _terms(data: Model) -> dict[str, str]:
    return dict(_flat("", data.model_dump(mode="json", exclude=UNTOLD)))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, member in value.items():
                yield from _flat(f"{path}/{name}", member)
        case list() if value and all(isinstance(item, dict) and "id" in item for item in value):
            for item in value:
                yield from _flat(f"{path}/{item['id']}", item)
        case list() if value and all(isinstance(item, dict) for item in value):
            for number, item in enumerate(value, start=1):
                yield from _flat(f"{path}/{number}", item)
        case None | [] | {}:
            return
        case _:
            yield path, json.dumps(value)
