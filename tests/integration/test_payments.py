"""A bank's file on the stack: matched, applied or decided by a person, booked, undone, and balanced to the unit."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from billproof.adapters.aws.clients import client
from billproof.payments.cash import ReceiptState
from billproof.payments.taking_statements import FOLDER
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, EUROPE, INC, JANUARY, drained, facts, run_command
from tests.support.invoking import BANK_FILE

FORMAT = "acme-bank"
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
    (imported,) = command("payments", "import", str(file), "--format", FORMAT, "-e", INC, "--json")
    assert (imported["legal_entity"], imported["entries"], imported["receipts"]) == (INC, 2, 2)
    command("payments", "import", str(file), "--format", FORMAT, "-e", INC)
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


def test_a_file_that_does_not_add_up_or_is_nobodys_is_not_put_anywhere(billed: Target, tmp_path: Path) -> None:
    file = write_statement(tmp_path / "one.csv", ("b-9", "5.00", "x", "y"), ("b-10", "6.00", "x", "y"))
    file.write_text(file.read_text().replace("111.00", "112.00"))
    code, out, err = run_command("payments", "import", str(file), "--format", FORMAT, "-e", INC)
    assert code != 0
    assert "112.00" in out + err
    nobodys = tmp_path / "nobodys.xml"
    nobodys.write_bytes(BANK_FILE.replace(b"DE89370400440532013000", b"NL91ABNA0417164300"))
    code, out, err = run_command("payments", "import", str(nobodys))
    assert code != 0
    assert "cash_accounts" in out + err
    assert {"b-9", "b-10"}.isdisjoint(by_reference(billed))
    assert not [key for key in billed.ports.objects.keys(f"{FOLDER}/") if "nobodys" in key or "one.csv" in key]


def test_a_missing_statement_is_told_until_it_arrives(billed: Target, tmp_path: Path) -> None:
    """The files of January's account of Europe: of three days the second arrives last."""
    days = [tmp_path / f"{day}.xml" for day in (5, 6, 7)]
    balances = [b"1000.00", b"1033.00", b"1066.00", b"1099.00"]
    for place, file in enumerate(days):
        data = BANK_FILE.replace(b"2013-02-05", f"2013-02-0{place + 5}".encode())
        data = data.replace(b"<ElctrncSeqNb>25", f"<ElctrncSeqNb>{place + 25}".encode())
        data = data.replace(b"20130205000", f"2013020{place + 5}000".encode())
        data = data.replace(b"1033.00", b"closing").replace(b"1000.00", balances[place])
        file.write_bytes(data.replace(b"closing", balances[place + 1]))
    for place in (0, 2):
        command("payments", "import", str(days[place]))
    code, out, err = run_command("payments", "statements", "-e", EUROPE, "--json")
    assert code == 1, out + err
    (gap,) = json.loads(out)["breaks"]
    assert (gap["continuity"], gap["difference"]["amount"]) == ("gap", "33")
    (checked,) = command("payments", "import", str(days[1]), "--check", "--json")
    assert (checked["receipts"], checked["entries"]) == (1, 2)
    assert run_command("payments", "statements", "-e", EUROPE, "--json")[0] == 1
    command("payments", "import", str(days[1]))
    told = command("payments", "statements", "-e", EUROPE, "--json")
    assert (told["breaks"], told["returns_waiting"], len(told["statements"])) == ([], [], 3)


def test_a_bank_that_puts_its_file_into_the_bucket_needs_no_command(billed: Target) -> None:
    key, bucket = f"{FOLDER}/{EUROPE}/2013-02-08.xml", billed.outputs["DataBucketName"]
    data = BANK_FILE.replace(b"2013-02-05", b"2013-02-08").replace(b"<ElctrncSeqNb>25", b"<ElctrncSeqNb>28")
    data = data.replace(b"1033.00", b"1132.00").replace(b"1000.00", b"1099.00").replace(b"20130205000", b"20130208000")
    client("s3").put_object(Bucket=bucket, Key=key, Body=data)

    def taken() -> str | None:
        facts = billed.ports.statement_book.of_account(EUROPE, "DE89370400440532013000")
        return next((fact.file for fact in facts if fact.starts_on.isoformat() == "2013-02-08"), None)

    assert until(taken, what="taking the file in", timeout_seconds=DRAIN_SECONDS) == key
