"""Answers of an ERP, damaged in the midst of its conversations: refused by name, and nothing is posted twice."""

from tests.support.mock_sap import mock_sap
from tests.support.sap_harness import SapHarness
from tests.support.spoiling import Spoiling, fuzz_erp


def test_damaged_answers_of_sap_are_refused_by_name_and_post_nothing_twice() -> None:
    with mock_sap() as sap:
        harness = SapHarness(sap)
        spoiling = Spoiling(harness.send.inner)
        harness.send.inner = spoiling  # type: ignore[assignment]
        ended = sap.forget_uncommitted
        assert fuzz_erp("conversations with SAP", harness.erp, spoiling, end_session=ended) > 0
