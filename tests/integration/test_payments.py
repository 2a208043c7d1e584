"""A bank's file on the stack: matched, applied or decided by a person, booked, undone, and balanced to the unit."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from billproof.payments.cash import ReceiptState
from billproof_ops.target import Target
from tests.support.chain import INC, JANUARY, drained, facts, run_command

FORMAT = "examples/payments/csv-format.json"
HEADERS = "Booked;Amount;Balance;Reference;Name;Account;Text"


def write_statement(path: Path, *entries: tuple[str, str, str, str]) -> Path:
    """Write a bank's file: amounts, names and texts by the bank's references, from a balance of 100.00."""
    lines, balance = [HEADERS], Decimal(100)
    for reference, amount, name, text in entries:
        balance += Decimal(amount)
        lines.append(f"2013-02-11;{amount};{balance};{reference};{name};;{text}")
    path.write_text("\n".join(lines) + "\n")
    return path


def command(*words: str) -> Any:
    code, out, err = run_command(*words)
    assert code == 0, out + err
    return json.loads(out) if "--json" in words else out


def by_reference(target: Target) -> dict[str, ReceiptState]:
    states = target.ports.cash_book.received(INC, "2013-02")
    return {state.receipt.reference: state for state in states}


def test_a_banks_file_is_matched_decided_undone_and_balances(billed: Target, tmp_path: Path) -> None:
    invoices = {name: document.released for name, document in facts(billed).items() if document.released is not None}
    owing = sorted(name for name, released in invoices.items() if released.receivable.amount.amount > 10)
    first, second = owing[:2]
    gross = invoices[first].receivable.amount
    file = write_statement(
        tmp_path / "february.csv",
        ("b-1", str(gross.amount), "Accounts payable", f"Invoice {invoices[first].number} thanks"),
        ("b-2", "77.00", "A customer that nobody knows", "February"),
    )
    (imported,) = command("payments", "import", str(file), "--format", FORMAT, "--json")
    assert (imported["legal_entity"], imported["entries"], imported["receipts"]) == (INC, 2, 2)
    command("payments", "import", str(file), "--format", FORMAT)
    drained(billed, "PaymentEventsQueueUrl")
    paid, unknown = (by_reference(billed)[name] for name in ("b-1", "b-2"))
    assert (paid.status.value, paid.account) == ("applied", first)
    assert unknown.status.value == "proposed"
    waiting = command("payments", "list", "-e", INC, "-p", "2013-02", "--waiting", "--json")
    assert unknown.receipt.id in {row["receipt"] for row in waiting}
    apply = ("payments", "apply", unknown.receipt.id, "-e", INC, "--account", second, "--as", "ben", "--json")
    pay = f"{invoices[second].number}=7.00"
    for _ in range(2):
        decided = command(*apply, "--pay", pay, "--reason", "told us by telephone")
        amounts = [Decimal(decided[name]["amount"]) for name in ("applied", "unapplied")]
        assert decided["account"] == second
        assert amounts == [Decimal(7), Decimal(70)]
    drained(billed, "PaymentEventsQueueUrl")
    assert "told us by telephone" in command("payments", "show", unknown.receipt.id, "-e", INC)
    undo = ("payments", "reverse", unknown.receipt.id, "-e", INC, "--reason", "it was another's", "--as", "ben")
    assert "0.00 USD applied, 77.00 USD left to nobody" in command(*undo)
    command(*undo)
    back = ("payments", "give-back", unknown.receipt.id, "70", "-e", INC, "--reason", "entry 9", "--as")
    for _ in range(2):
        assert "0.00 USD applied, 7.00 USD left to nobody" in command(*back, "ben")
    drained(billed, "PaymentEventsQueueUrl")
    assert "does not balance" not in command("payments", "statement", "-e", INC)
    run = f"{INC}-{JANUARY}-001"
    balance = command("run", "balance", run, "--json")
    (posted,) = (one for one in balance["equations"] if one["code"] == "receivables posted")
    assert Decimal(posted["parts"]["paid"]) == gross.amount
    reconciled = billed.call("ReconcileName", {"legal_entity": INC, "period": JANUARY})
    assert reconciled["variances"] == 0


def test_a_file_that_does_not_add_up_or_is_nobodys_sends_nothing(billed: Target, tmp_path: Path) -> None:
    file = write_statement(tmp_path / "one.csv", ("b-9", "5.00", "x", "y"), ("b-10", "6.00", "x", "y"))
    file.write_text(file.read_text().replace("111.00", "112.00"))
    code, out, err = run_command("payments", "import", str(file), "--format", FORMAT)
    assert code != 0
    assert "112.00" in out + err
    other = tmp_path / "format.json"
    other.write_text(Path(FORMAT).read_text().replace("021000021-4401", "nobody-s"))
    code, out, err = run_command(
        "payments", "import", str(write_statement(file, ("b-9", "5.00", "x", "y"))), "--format", str(other)
    )
    assert code != 0
    assert "cash_accounts" in out + err
    assert {"b-9", "b-10"}.isdisjoint(by_reference(billed))
