"""What any adapter of the ERP port must do, on memory records and on DynamoDB."""

import pytest

from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.errors import DuplicateReference
from billproof.ledger.model import JournalEntry
from billproof.ports import Records


def entry(reference: str, period: str = "2013-01") -> JournalEntry:
    return JournalEntry.balanced(
        legal_entity="e",
        external_reference=reference,
        invoice=f"e.{period}.a",
        billing_account="a",
        period=period,
        document_date="2013-02-01",
        currency="USD",
        lines=[
            {"account": "1", "amount": {"amount": "10.5", "currency": "USD"}, "memo": ""},
            {"account": "2", "amount": {"amount": "-10.5", "currency": "USD"}, "memo": ""},
        ],
    )


def test_a_document_is_found_by_its_reference_as_it_was_posted(records: Records) -> None:
    erp = EmbeddedLedger(records)
    assert erp.find("e", "R-1") is None
    erp.post(entry("R-1"))
    found = erp.find("e", "R-1")
    assert found is not None
    assert found.content_digest == entry("R-1").content_digest


def test_a_reference_is_taken_once(records: Records) -> None:
    erp = EmbeddedLedger(records)
    erp.post(entry("R-1"))
    with pytest.raises(DuplicateReference):
        erp.post(entry("R-1", period="2013-02"))


def test_documents_are_listed_by_period(records: Records) -> None:
    erp = EmbeddedLedger(records)
    for number in range(20):
        erp.post(entry(f"R-{number}", period="2013-01" if number % 2 else "2013-02"))
    assert len(list(erp.of_period("e", "2013-01"))) == 10
