"""What is refused when a crosswalk is published: what would leave usage to two accounts, to none, or to a circle."""

from collections.abc import Iterable, Iterator
from itertools import product

from billproof.errors import InvalidInput
from billproof.ids import is_name
from billproof.masterdata.crosswalk_book import FIRST, CrosswalkBook, KnownCrosswalk
from billproof.masterdata.crosswalks import ACCOUNTS, END, Crosswalk
from billproof.masterdata.directory import Directory

_MOST_NAMED = 5
"""Ids that a message names."""


def refuse_unsound_crosswalk(data: Crosswalk, directory: Directory) -> None:
    """Raise InvalidInput, with the names of both where two things do not go together.

    All its accounts are known already: usage of one that is not would be nobody's.
    """
    unknown = sorted({entry.account for entry in data.entries if directory.account(entry.account) is None})
    _refuse_any(unknown, "there is no such account: publish it first")
    if data.system == ACCOUNTS:
        strangers = [one for one in data.external_ids if not is_name(one) or directory.account(one) is None]
        _refuse_any(strangers, f"the ids of {ACCOUNTS} are accounts, and this is none")
    book = directory.crosswalks()
    _refuse_any(_overlaps(data, book), "the usage of an id has one account at a time")
    _refuse_any(_uncovered(data, book, directory), "usage was accepted of it and would be nobody's: give it an account")
    with_it = CrosswalkBook.of([*book.versions, KnownCrosswalk(data, "")])
    _refuse_any(_circles(data, with_it), "these go into each other in a circle")


def _refuse_any(names: Iterable[str], why: str) -> None:
    listed = list(names)
    if listed:
        more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
        message = f"{', '.join(listed[:_MOST_NAMED])}{more}: {why}"
        raise InvalidInput(message)


def _overlaps(data: Crosswalk, book: CrosswalkBook) -> Iterator[str]:
    """Yield the ids that another crosswalk gives an account on some of the same days."""
    shared: dict[str, list[str]] = {}
    others = {}
    for external in data.external_ids:
        for other in book.crosswalks_of(data.system, external):
            if other.id != data.id:
                others[other.id] = other
                shared.setdefault(other.id, []).append(external)
    mine = data.spans()
    for name, externals in shared.items():
        pairs = [
            f"{account} by crosswalk {data.id} and {theirs} by crosswalk {name}"
            for (account, start, end), (theirs, begin, until) in product(mine, others[name].spans())
            if start < until and begin < end
        ]
        yield from (f"{external} is {pair}" for external in externals for pair in pairs)


def _uncovered(data: Crosswalk, book: CrosswalkBook, directory: Directory) -> Iterator[str]:
    """Yield the ids that are no account and that the version before gave one on days on which nothing does now."""
    before = next((one.data for one in reversed(book.versions) if one.data.id == data.id), None)
    if before is None or before.version > data.version:
        return
    now = CrosswalkBook.of([*book.versions, KnownCrosswalk(data, "")])
    instants = sorted({edge for _, start, end in (*before.spans(), *data.spans()) for edge in (start, end)} - {END})
    held = KnownCrosswalk(before, "")
    for external in before.external_ids:
        if is_name(external) and directory.account(external) is not None:
            continue
        for instant in instants:
            if held.account_at(external, instant) and not now.is_named(before.system, external, instant):
                yield f"{external} from {instant[:10]}"


def _circles(data: Crosswalk, book: CrosswalkBook) -> Iterator[str]:
    """Yield the accounts that come back to themselves at some instant."""
    edges = {edge for version in book.versions for _, start, end in version.spans for edge in (start, end)} - {END}
    named = {entry.account for entry in data.entries}
    for start in sorted(named | (set(data.external_ids) if data.system == ACCOUNTS else set())):
        circle = book.circle_of(start, sorted({FIRST, *edges}))
        if circle:
            yield " -> ".join(circle)
            return
