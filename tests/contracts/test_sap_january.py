"""A month of the demo in SAP's shapes: reconciled to zero, proved, corrected and earned; and many threads at once."""

import pytest

from billproof.adapters.sap.erp import NAME, SapErp
from billproof.adapters.sap.rest import SapRest
from billproof.conservation.service import balance_run
from billproof.erp.posting import PostingOutcome
from billproof.masterdata.charts import ErpBooks
from billproof.proof.service import prove_run
from tests.load.sap_posts import post_all
from tests.support.mock_sap import ACCESS, mock_sap
from tests.support.world import INC, JANUARY, World, flight

RUN = f"{INC}-{JANUARY}-001"
UA = f"{INC}.{JANUARY}.UA"


def test_january_a_credit_note_and_earned_revenue_reconcile_to_zero_in_the_shapes_of_sap() -> None:
    world = World()
    with mock_sap() as sap:
        rest = SapRest(ACCESS, sap)
        world.erps[NAME] = SapErp(lambda: rest, entities=world.directory.legal_entity)
        books = ErpBooks(company="1710", journal="ZB", party_prefix="C-", accounts={"4100": "41100000"})
        entity = world.directory.legal_entity(INC)
        world.publish(entity.model_copy(update={"version": 2, "erp": NAME, "erp_books": {NAME: books}}))
        world.ingest([flight(1)])
        world.bill()
        world.post_all()
        result = world.reconcile()
        assert (result.outcome, result.invoices, result.variances) == ("balanced", 13, ())
        assert result.posted_receivable == result.invoiced.gross
        assert balance_run(RUN, stores=world.stores()).balances
        proof = prove_run(RUN, stores=world.stores())
        assert proof.holds, proof.differences
        credit = world.credit_and_approve(UA)
        assert world.recognize("2013-02").posted > 0
        released = world.register.released(credit.id) or pytest.fail("not released")
        (document,) = world.erps[NAME].find(INC, released.number)
        assert document.on("1100").amount < 0
        assert world.reconcile().outcome == "balanced"


@pytest.mark.parametrize("seed", [1, 2])
def test_many_threads_lose_and_double_nothing_while_sap_fails(seed: int) -> None:
    result = post_all(60, threads=8, seed=seed, faults=0.1)
    assert (result.lost, result.doubled, result.amount) == (0, 0, result.expected)
    assert result.failed > 0
    assert result.outcomes[PostingOutcome.ADOPTED] > 0
    assert sum(result.outcomes.values()) == result.deliveries
