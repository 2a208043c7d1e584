"""Second readers: what pycamt, mt-940 and bai2 read right of a file, we read the same.

Each reads some things wrong that matter, so that none of them reads for us; the decision record says which.
"""

import mt940
from bai2 import bai2
from bai2.constants import TypeCodeLevel, TypeCodes, TypeCodeTransaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pycamt.parser import Camt053Parser

from billproof.adapters.bank_files.bai2 import kind_of
from billproof.adapters.bank_files.parsing import parse_statement
from billproof.money import Money
from billproof.payments.model import Payer
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry
from tests.support.bank_files import LEAVES, RETURNED, WRITERS, flat, held_by
from tests.support.drawn_statements import drawn_statement

FEW = settings(max_examples=40, deadline=None)
SEEDS = st.integers(0, 10**9)


def read(name: str, seed: int, **fields: object) -> tuple[bytes, BankStatement]:
    """Write a drawn statement without what the second reader mistakes, and read it."""
    drawn = drawn_statement(seed)
    entries = tuple(entry.model_copy(update=fields) for entry in drawn.entries)
    data = WRITERS[name](held_by(name, drawn.model_copy(update={"entries": entries})))
    [statement] = parse_statement(data)
    return data, statement


@FEW
@given(seed=SEEDS)
def test_pycamt_reads_the_same(seed: int) -> None:
    # It takes what was sent for what was booked, and the side of charges for the entry's.
    data, ours = read("camt", seed, original=None, charges=None, structured=None)
    theirs = Camt053Parser(data).get_transactions()
    assert [
        (entry["Amount"], entry["CreditDebitIndicator"] == "DBIT", entry["BookingDate"], entry["ValueDate"])
        for entry in theirs
    ] == [
        (abs_text(entry.amount), entry.amount.amount < 0, str(entry.booked_on), str(entry.value_on))
        for entry in ours.entries
    ]
    for entry, other in zip(ours.entries, theirs, strict=True):
        role = "Debtor" if entry.kind in {MovementKind.CREDIT, MovementKind.REVERSAL} else "Creditor"
        assert flat(entry.remittance) == flat(other.get("RemittanceInformationFull", ""))
        assert entry.party == Payer(name=other[f"{role}Name"].strip(), account=other[f"{role}IBAN"])
        assert (other["ReversalIndicator"] == "true") is (entry.kind in RETURNED)


def abs_text(amount: Money) -> str:
    return (-amount if amount.amount < 0 else amount).text


@FEW
@given(seed=SEEDS)
def test_mt940_reads_the_same(seed: int) -> None:
    # It drops repeated subfields, labels and blanks at the end of a line, and what follows a question mark.
    data, ours = read("mt940", seed, original=None, charges=None)
    [theirs] = mt940.parse_statements(data.decode(), options=mt940.Options.all())
    for entry, transaction in zip(ours.entries, theirs, strict=True):
        told = transaction.data
        assert told["amount"].amount == entry.amount.amount
        assert (told["date"], told["entry_date"]) == (entry.value_on, entry.booked_on)
        assert flat(told["purpose"] or "") == flat(entry.structured or entry.remittance)
        assert flat(told["applicant_name"] or "") == flat(entry.party.name or "")
        assert told["applicant_iban"] == entry.party.account
    balances = (theirs.data["final_opening_balance"], theirs.data["final_closing_balance"])
    ends = [end.amount for end in (ours.opening, ours.closing) if end]
    assert [balance.amount.amount for balance in balances] == ends


@FEW
@given(seed=SEEDS)
def test_bai2_reads_the_same(seed: int) -> None:
    data, ours = read("bai2", seed)
    known = data.replace(b"16,925", b"16,195").replace(b"16,965", b"16,495")  # a bank's own codes it does not take
    [account] = bai2.parse_from_string(known.decode()).children[0].children
    for entry, detail in zip(ours.entries, account.children, strict=True):
        assert detail.amount == units(entry)
        assert (detail.type_code.transaction.value == "credit") is (entry.amount.amount > 0)
        assert flat(detail.text or "") == flat(entry.remittance)  # it puts a blank where a line ends
        assert detail.availability["date"] == entry.value_on


def units(entry: StatementEntry) -> int:
    return int("".join(abs_text(entry.amount).split(".")))


def test_every_type_code_of_an_entry_that_bai2_lists_moves_money_as_it_does_for_us() -> None:
    listed = [code for code in TypeCodes.values() if code.level is TypeCodeLevel.detail and code.transaction]
    entries = [code for code in listed if code.code < "700"]  # above are loans, which we refuse
    assert len(entries) > 200
    for code in entries:
        kind = kind_of(int(code.code), "line 1")
        assert (kind in LEAVES) is (code.transaction is TypeCodeTransaction.debit)
