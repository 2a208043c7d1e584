"""What a version of a contract changes: the sources of a summary, and its template."""

import json
import re

from billproof.contracts.history import TermChange, changes
from billproof.contracts.model import Contract
from billproof.errors import InvalidInput
from billproof.masterdata.parties import Account
from billproof.writing.facts import MOST_CLAUSE, day, named, number, plain, reference, statement, version
from billproof.writing.model import SourceFact, TextKind, TextSources

MOST_CHANGES = 60
"""Terms that a summary lists; the others are counted."""
_NO_WORDS = re.compile(r"-?[0-9][0-9.-]*|true|false|null")
"""A number, a day or a flag: anything else may be what people write as they like."""


def sources_of_change(account: Account, before: Contract, after: Contract) -> TextSources:
    """Return the facts of what a version of a contract changes; raises InvalidInput where it is not the later one."""
    if before.id != after.id or before.version >= after.version:
        message = "a version is compared with an earlier one of the same contract"
        raise InvalidInput(message)
    changed = list(changes(before, after))
    facts = [
        named("customer", account.name, required=True),
        reference("contract", after.id, personal=True, required=True),
        version("version", after.version, required=True),
        version("version_before", before.version, required=True),
        day("effective", after.effective.start, required=True),
        named("signed_by", after.signed_by),
        *(_fact(f"change_{place}", change) for place, change in enumerate(changed[:MOST_CHANGES], 1)),
    ]
    if after.effective.end is not None:
        facts.append(day("ends", after.effective.end, required=True))
    if len(changed) > MOST_CHANGES:
        facts.append(number("more", len(changed) - MOST_CHANGES, "further term", "further terms", required=True))
    return TextSources(kind=TextKind.CONTRACT_CHANGE, facts=tuple(facts))


def _fact(name: str, change: TermChange) -> SourceFact:
    """Make a statement of a change: the term, and its value before and after, which nothing can swap."""
    where = plain(change.path.strip("/").replace("/", ", ").replace("_", " "), MOST_CLAUSE)
    match change.before, change.after:
        case None, after:
            said = f"{where}: {_value(after)}, which was not there before"
        case before, None:
            said = f"{where}: {_value(before)} until now, and not there any more"
        case before, after:
            said = f"{where}: from {_value(before)} to {_value(after)}"
    return statement(name, said, personal=not all(map(_has_no_words, (change.before, change.after))))


def _has_no_words(text: str | None) -> bool:
    return text is None or _NO_WORDS.fullmatch(text.strip('"')) is not None


def _value(text: str | None) -> str:
    value = json.loads(text) if text is not None else None
    return (
        f"“{plain(value, MOST_CLAUSE)}”"
        if isinstance(value, str) and " " in value
        else plain(value if isinstance(value, str) else json.dumps(value), MOST_CLAUSE)
    )


def summary(sources: TextSources) -> str:
    """Write a summary of what a version changes."""
    said = sources.text
    until = f", until the day before {said('ends')}" if sources.has("ends") else ""
    listed = sources.listed("change_")
    lines = [
        f"Contract {said('contract')} of {said('customer')}",
        "",
        f"From {said('effective')} on{until}, {said('version')} governs in place of {said('version_before')}.",
        f"It was signed by {said('signed_by')}.",
        "",
        "These terms change:" if listed else "No term changes.",
        *(f"- {change}" for change in listed),
    ]
    if sources.has("more"):
        lines += ["", f"With them change {said('more')}, which are not listed here."]
    elif listed:
        lines += ["", "All other terms stay as they were."]
    return "\n".join(lines)
