"""What an ERP holds as a journal in plain text: by hand, and added up by hledger where it is installed."""

import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billproof.erp.plain_text import PlainText, plain_text
from billproof.erp.port import PostedDocument
from billproof.errors import InvalidInput
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.periods import Period
from tests.support.parties import INC as SELLER
from tests.support.world import INC, World, flight

FEBRUARY = Period.month("2013-02")
HLEDGER = shutil.which("hledger")


def posted(reference: str, day: date, **amounts: str) -> PostedDocument:
    lines = [(code.removeprefix("a"), Money.of(amount, "USD")) for code, amount in amounts.items()]
    return PostedDocument.of_lines(
        lines, external_reference=reference, erp_id=f"FI {reference}", document_date=day, currency="USD"
    )


DOCUMENTS = [
    posted("R-2", date(2013, 2, 2), a1100="10.80", a4100="-10", a2200="-0.80"),
    posted('R"1;', date(2013, 2, 1), a1100="-5", a6700="5"),
    posted("NOTHING", date(2013, 2, 1)),
    posted("R-3", date(2013, 2, 28), a2400="7", a4000="-6.50", a0815="-0.50"),
]


def test_a_journal_for_hledger_says_account_by_account_what_is_posted() -> None:
    assert list(plain_text(DOCUMENTS, SELLER, PlainText.HLEDGER)) == [
        "commodity 1000.01 USD",
        "account Assets:1100",
        "account Equity:0815",
        "account Expenses:6700",
        "account Income:4000",
        "account Income:4100",
        "account Liabilities:2200",
        "account Liabilities:2400",
        "",
        "2013-02-01 * (FI R 1) R 1",
        "    Assets:1100  -5.00 USD",
        "    Expenses:6700  5.00 USD",
        "",
        "2013-02-02 * (FI R-2) R-2",
        "    Assets:1100  10.80 USD",
        "    Liabilities:2200  -0.80 USD",
        "    Income:4100  -10.00 USD",
        "",
        "2013-02-28 * (FI R-3) R-3",
        "    Equity:0815  -0.50 USD",
        "    Liabilities:2400  7.00 USD",
        "    Income:4000  -6.50 USD",
    ]


def test_a_journal_for_beancount_has_its_own_words() -> None:
    lines = list(plain_text(DOCUMENTS[:1], SELLER, PlainText.BEANCOUNT))
    assert lines[:2] == ["1970-01-01 commodity USD", "1970-01-01 open Assets:1100"]
    assert lines[5:7] == ['2013-02-02 * "FI R-2" "R-2"', "    Assets:1100  10.80 USD"]


def test_the_order_of_the_documents_does_not_matter() -> None:
    assert list(plain_text(reversed(DOCUMENTS), SELLER, PlainText.HLEDGER)) == list(
        plain_text(DOCUMENTS, SELLER, PlainText.HLEDGER)
    )


def test_accounts_that_would_have_one_name_are_refused() -> None:
    alike = PostedDocument.of_lines(
        [("1.1", Money.of(1, "USD")), ("1-1", Money.of(-1, "USD"))],
        external_reference="R",
        erp_id="1",
        document_date=date(2013, 2, 1),
        currency="USD",
    )
    with pytest.raises(InvalidInput, match="have one name"):
        list(plain_text([alike], SELLER, PlainText.HLEDGER))


def billed() -> tuple[LegalEntity, list[PostedDocument]]:
    world = World()
    world.ingest([flight(1)])
    world.bill()
    world.post_all()
    world.recognize("2013-02")
    return world.directory.legal_entity(INC), list(world.ledger.of_period(INC, FEBRUARY))


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
def test_hledger_finds_a_billed_month_valid_and_adds_up_the_same_balances(tmp_path: Path) -> None:
    entity, documents = billed()
    journal = tmp_path / "month.journal"
    journal.write_text("".join(f"{line}\n" for line in plain_text(documents, entity, PlainText.HLEDGER)))
    command = [str(HLEDGER), "-f", str(journal)]
    subprocess.run([*command, "check", "--strict", "ordereddates"], check=True)
    printed = subprocess.run(
        [*command, "balance", "--flat", "--no-total", "-O", "csv"], check=True, capture_output=True, text=True
    )
    balances = {}
    for row in printed.stdout.splitlines()[1:]:
        name, amount = (cell.strip('"') for cell in row.split(","))
        balances[name.rpartition(":")[2]] = Decimal(amount.removesuffix(" USD"))
    expected: dict[str, Decimal] = {}
    for document in documents:
        for code, moved in document.totals.items():
            expected[code] = expected.get(code, Decimal(0)) + moved.amount
    assert balances == {code: balance for code, balance in expected.items() if balance}
