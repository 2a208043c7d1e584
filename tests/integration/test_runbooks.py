"""Every command of the runbooks, docs/operate.md and docs/continuity.md, as it stands there, on a month that is billed.

What stands there for a name is filled in. A command that needs trouble which this month does not have says so.
"""

import re
import shlex

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.target import Target
from tests.support.chain import INC, JANUARY, run_command
from tests.support.pages import COMMAND

pytestmark = pytest.mark.long

PAGES = [
    *sorted((ROOT / "docs" / "runbooks").glob("*.md")),
    *(ROOT / "docs" / name for name in ("operate.md", "continuity.md")),
]
CASE = f"{INC}.{JANUARY}.EV.001"
NAMES = {
    "LEGAL_ENTITY.PERIOD._run.001-01": CASE,
    "LEGAL_ENTITY": INC,
    "ENTITY": INC,
    "E": INC,
    "PERIOD": JANUARY,
    "M": JANUARY,
    "ACCOUNT": "UA",
    "ADDRESS": "ap@ua.example",
    "RUN": f"{INC}-{JANUARY}-001",
    "NUMBER": "SKY-US-2013-000001",
    "TEXT": "they flew again next day",
    "PERSON": "ben",
    "...": "a test of the source",
    "TIME": "2013-01-05T17:00:00Z",
}
AS_WHOM = {
    "approve": "ben",
    "reject": "ben",
    "start": "carla",
    "close": "ana",
    "reopen": "ana",
    "credit": "ana",
    "note": "ana",
    "resume": "carla",
}
"""On the embedded AWS somebody is named; on AWS the credentials say who it is, so the pages name nobody."""
EXPECTED = {
    "exceptions redrive ID": (1, "nothing to start again"),
    'exceptions reject ID --reason "the source sent 2013-01-05 17:00 again"': (1, "refused"),
    "run redrive RUN": (1, "only a failed run"),
    f"run redrive {INC}-{JANUARY}-001": (1, "only a failed run"),
    "audit adopt": (2, "Missing option"),
    "invoice pdf INVOICE": (1, "no released invoice"),
    "audit restore KEY": (1, "no record names an object"),
    "recover load FOLDER": (2, "holds no export"),
    "recover load": (2, "Missing argument"),
    "webhooks list": (2, "name a legal entity"),
    "webhooks replay": (2, "Missing argument"),
    "payments list": (2, "name a legal entity"),
    "payments reverse": (2, "Missing argument"),
    "payments statements": (2, "name a legal entity"),
    "payments refunds": (2, "name a legal entity"),
    "payments give-back RECEIPT AMOUNT --return REFERENCE --reason TEXT": (2, "name a legal entity"),
    "payments give-back RECEIPT AMOUNT --refunded --return REFERENCE --reason TEXT": (2, "name a legal entity"),
    "payments import KEY --check": (2, "cannot be read"),
    "run start": (2, "name a legal entity"),
    "replay --from TIME --to TIME": (2, "is empty"),
    f'exceptions approve {INC}.{JANUARY}.UA.001 --reason "usage confirmed by the customer"': (1, "no exception"),
    "dlq discard contract-events MESSAGE --reason TEXT": (1, "no dead letter MESSAGE"),
    "dlq discard schedules MESSAGE --reason TEXT": (1, "no dead letter MESSAGE"),
    "policy confirm": (2, "Missing option"),
    "policy publish FILE": (2, "cannot be read"),
    "quarantine dismiss ID --reason ...": (1, "not the id of a refused event"),
    "quarantine show ID": (1, "not the id of a refused event"),
    'receivables note ACCOUNT reachable --address ADDRESS --reason "..."': (2, "this address did not fail"),
    "quarantine resend ID...": (1, "not the id of a refused event"),
}
"""What a command says that finds nothing to do; every other one is done."""
CREDIT = f'invoice credit {INC}.{JANUARY}.UA --line platform:2013-02=500 --reason service_level --note "two hours"'
REHEARSAL = "rehearse-restore --as carla"
MONTH_END = {f"close {JANUARY} -e {INC}", f"reconcile {JANUARY} -e {INC}"}
NOT_PLAYED = {"local up", "local down", "audit anchor", "invoice resend NUMBER", REHEARSAL, *MONTH_END, CREDIT}
"""What would end the stack, the month or the credit of the other tests, or finds what those left open.

Tests of their own play them.
"""


def commands() -> dict[str, list[str]]:
    """Return every command of the pages, with the pages that show it."""
    known: dict[str, list[str]] = {}
    for page in PAGES:
        for match in COMMAND.finditer(page.read_text()):
            text = " ".join((match[1] or match[2]).replace("\\\n", " ").split()).removeprefix("billproof ")
            known.setdefault(text, []).append(page.stem)
    return known


def words_of(command: str) -> list[str]:
    """Fill in the names of a command, and say as whom where it asks a person."""
    words = [NAMES.get(word, CASE if re.fullmatch(r"ID(\.\.\.)?", word) else word) for word in shlex.split(command)]
    person = AS_WHOM.get(words[1]) if len(words) > 1 and "--as" not in words else None
    return [*words, "--as", person] if person else words


@pytest.mark.parametrize("command", sorted(commands().keys() - NOT_PLAYED))
def test_a_command_of_a_page_does_what_the_page_says(command: str, billed: Target) -> None:
    del billed
    code, said = EXPECTED.get(command, (0, ""))
    left, output, errors = run_command(*words_of(command))
    assert (left, said in output + errors) == (code, True), output + errors


def test_what_is_expected_and_what_is_not_played_stands_on_a_page() -> None:
    assert (EXPECTED.keys() | NOT_PLAYED) - commands().keys() == set()
