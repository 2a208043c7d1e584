"""Tax rules that come later: say what they would change; what was billed by earlier rules stays as it is."""

from datetime import date
from decimal import Decimal

import pytest

from billproof.errors import InvalidInput, NotFound
from billproof.money import Money
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_invoice, prove_run
from billproof.proof.taxes import recalculate_tax
from billproof.tax import rows
from billproof.tax.model import Rate
from tests.support.dollars import US, billed_in_dollars
from tests.support.exchange_rates import rate
from tests.support.world import EUROPE, JANUARY, World


@pytest.fixture
def world() -> World:
    return billed_in_dollars(rate())  # 19 % German VAT


def later(monkeypatch: pytest.MonkeyPatch, percent: str | None, version: str = "2099-01-01") -> None:
    """Let a later version of the EU's rules say something else of Germany, or nothing."""
    known = rows.rule_set("eu_vat")
    german = [row.model_copy(update={"percent": Decimal(percent or 0)}) for row in known.rates if is_german(row)]
    others = [row for row in known.rates if not is_german(row)]
    rules = known.model_copy(update={"version": version, "rates": (*others, *(german if percent else ()))})
    for module in ("billproof.tax.rows", "billproof.tax.rules"):
        monkeypatch.setattr(f"{module}.rule_set", lambda _: rules)


def is_german(row: Rate) -> bool:
    return row.jurisdiction == "DE"


def test_the_same_rules_say_the_same(world: World) -> None:
    found = recalculate_tax(US, stores=world.stores())
    assert (found.outcome, found.changes, found.tax_after) == ("same", (), found.tax_before)
    assert found.rules_before == found.rules_after


def test_a_later_version_that_says_the_same_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, "19")
    found = recalculate_tax(US, stores=world.stores())
    assert (found.outcome, found.rules_after) == ("same", ("2099-01-01",))


def test_a_later_rate_is_said_line_by_line_and_the_proof_still_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, "16")
    found = recalculate_tax(US, stores=world.stores())
    invoice = world.invoice(US)
    assert found.outcome == "changed"
    assert [each.line for each in found.changes] == [line.priced.id for line in invoice.lines]
    for each in found.changes:
        assert (each.before.percent, each.after.percent) == (Decimal(19), Decimal(16))
        assert each.after.tax_point == date(2013, 1, 31)
    assert found.tax_before == invoice.totals.tax
    assert found.tax_after == Money.of("769.01", "USD")  # 16 % of 4,800.00 and of 6.30
    assert prove_run(f"{EUROPE}-{JANUARY}-001", stores=world.stores()).holds
    assert prove_invoice(US, stores=world.stores()).holds


def test_rules_that_say_nothing_any_more_are_a_finding(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, None)
    found = recalculate_tax(US, stores=world.stores())
    assert (found.outcome, found.tax_after) == ("undetermined", None)
    assert "DE" in found.findings[0].message
    assert prove_invoice(US, stores=world.stores()).holds


def test_a_changed_rate_under_the_same_version_is_a_difference(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, "16", version=world.invoice(US).lines[0].determination.rules_version)
    assert DifferenceKind.DRAFT in {
        difference.kind for difference in prove_invoice(US, stores=world.stores()).differences
    }


def test_what_has_no_tax_of_its_own_is_refused(world: World) -> None:
    credit = world.credit_and_approve(US)
    with pytest.raises(InvalidInput, match="has the tax of its invoice"):
        recalculate_tax(credit.id, stores=world.stores())
    with pytest.raises(NotFound, match="is not released"):
        recalculate_tax(f"{EUROPE}.2013-02.US", stores=world.stores())
