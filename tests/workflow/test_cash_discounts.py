"""A cash discount from contract to tax return: 2 % within 10 days, net 14; by hand.

US owes the European legal entity 5,712.00 EUR for January: 4,800.00 and 912.00 of German VAT. 2 % of it is 114.24, of
which 912.00 x 2 % = 18.24 is tax and 96.00 is not.
"""

from datetime import date
from decimal import Decimal

import pytest

from billproof.adapters.einvoice.terms import terms_of
from billproof.adapters.typst.pdf import shown
from billproof.masterdata.documents import DocumentForm
from billproof.money import Money
from billproof.payments.desk import CashDecision, CashDesk
from billproof.payments.model import ReceiptStatus
from billproof.payments.service import book_receipt
from billproof.periods import Period
from billproof.returns.model import TaxReturn
from billproof.returns.stating import ReturnSources, state_return
from tests.support.account_documents import in_language
from tests.support.discounts_taken import ISSUED, LAST_DAY, balances, discount_world, moved, of, open_of, pay
from tests.support.verifying import verified
from tests.support.world import EUROPE, World


@pytest.fixture
def world() -> World:
    return discount_world()


def stated(world: World, month: str) -> TaxReturn:
    sources = ReturnSources(world.directory, world.register, world.erps, world.objects, world.cash_book)
    return state_return(EUROPE, Period.month(month), sources)


def german(world: World, month: str) -> list[tuple[str, str, str]]:
    figures = [one for one in stated(world, month).figures if one.jurisdiction == "DE" and one.percent == Decimal(19)]
    return [(one.net.text, one.taxable.text, one.amount.text) for one in figures]


def test_the_invoice_states_it_and_its_record_proves(world: World) -> None:
    invoice, released = of(world)
    assert released.issue_date == ISSUED
    discount = invoice.cash_discount
    assert discount is not None
    assert (discount.percent, discount.days, discount.amount) == (Decimal(2), 10, Money.of("114.24", "EUR"))
    assert [(tax.jurisdiction, tax.amount) for tax in discount.taxes] == [("DE", Money.of("18.24", "EUR"))]
    assert verified(world).findings == ()


def test_who_pays_less_the_discount_on_its_last_day_pays_in_full_and_the_tax_is_corrected(world: World) -> None:
    state = pay(world, "5597.76", LAST_DAY)
    assert (state.status, open_of(world)) == (ReceiptStatus.APPLIED, Money.of(0, "EUR"))
    assert state.uses[-1].match is not None
    assert state.uses[-1].match.rule == "discount-taken"
    assert moved(world, state) == {"cash": "5597.76", "receivable": "-5712.00", "discounts": "96.00", "tax": "18.24"}
    assert balances(world)


def test_the_return_of_the_month_of_the_payment_declares_so_much_less(world: World) -> None:
    """January's return stays as it was filed: 4,800.00 and 912.00. February's has 96.00 and 18.24 less."""
    pay(world, "5597.76", LAST_DAY)
    assert german(world, "2013-01") == [("4800.00", "4800.00", "912.00")]
    assert german(world, "2013-02") == [("-96.00", "-96.00", "-18.24")]
    february = stated(world, "2013-02")
    assert (february.tax_account.difference.text, february.tax_account.numbers) == ("0.00", ())
    assert {line.reason for line in february.lines if line.amount.amount < 0} == {
        f"cash discount taken of {of(world)[1].number}"
    }


def test_one_day_late_it_is_a_short_payment(world: World) -> None:
    state = pay(world, "5597.76", "2013-02-12")
    assert open_of(world) == Money.of("114.24", "EUR")
    assert moved(world, state) == {"cash": "5597.76", "receivable": "-5597.76"}
    assert german(world, "2013-02") == []
    assert balances(world)


@pytest.mark.parametrize("amount", ["5597.75", "5597.77"])
def test_a_cent_less_or_more_than_the_discount_takes_none(world: World, amount: str) -> None:
    pay(world, amount, LAST_DAY)
    assert open_of(world) == Money.of("5712.00", "EUR") - Money.of(amount, "EUR")


def test_who_pays_all_of_it_within_the_days_takes_none(world: World) -> None:
    state = pay(world, "5712.00", LAST_DAY)
    assert moved(world, state) == {"cash": "5712.00", "receivable": "-5712.00"}


def test_a_reversal_takes_the_discount_and_its_correction_back(world: World) -> None:
    state = pay(world, "5597.76", LAST_DAY)
    sources = world.cash_sources()
    entity = world.directory.legal_entity(EUROPE)
    desk = CashDesk(entity, world.cash_book, sources.receivables(EUROPE), 7, date(2013, 2, 28))
    state = desk.reverse(state.receipt.id, CashDecision(by="ben", reason="another customer's"))
    book_receipt(state, entity, sources, world.erps)
    assert open_of(world) == Money.of("5712.00", "EUR")
    assert moved(world, state) == {"cash": "5597.76", "unapplied": "-5597.76"}
    assert german(world, "2013-02") == [("0.00", "0.00", "0.00")]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (DocumentForm.UBL, "2 % discount (114.24 EUR) if paid by 2013-02-11, else 14 days net"),
        (
            DocumentForm.XRECHNUNG,
            "2 % discount (114.24 EUR) if paid by 2013-02-11, else 14 days net\n#SKONTO#TAGE=10#PROZENT=2.00#\n",
        ),
    ],
)
def test_an_electronic_invoice_says_it_in_its_terms_of_payment(world: World, form: DocumentForm, says: str) -> None:
    """BT-20 of EN 16931; a line of XRechnung for it has the form that BR-DE-18 asks for, and ends with a line break."""
    invoice, released = of(world)
    assert invoice.particulars is not None
    invoice = invoice.model_copy(update={"particulars": invoice.particulars.model_copy(update={"form": form})})
    assert terms_of(invoice, released, form)["BT-20"] == says


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        ("en_GB", "If you pay by 11 Feb 2013, you may deduct 2 % (€114.24) and pay €5,597.76."),
        ("de_DE", "Bei Zahlung bis zum 11.02.2013 gewähren wir 2 % Skonto (114,24 €); zu zahlen sind dann 5.597,76 €."),
        ("fr_FR", "un escompte de 2 % (114,24 €) est accordé, soit 5 597,76 € à payer."),
        ("es_ES", "puede aplicar un descuento por pronto pago del 2 % (114,24 €) y pagar "),
        ("it_IT", "Pagando entro il 11 feb 2013 può detrarre uno sconto del 2 % (114,24 €) e pagare "),
        ("nl_NL", "mag u 2 % betalingskorting (€ 114,24) aftrekken en betaalt u € 5.597,76."),
        ("pt_PT", "pode deduzir um desconto de pronto pagamento de 2 % (114,24 €) e pagar "),
    ],
)
def test_the_document_says_it_in_the_language_of_its_customer(world: World, locale: str, says: str) -> None:
    invoice, released = of(world)
    said = shown(in_language(invoice, locale), released)["payment"]["terms"]
    assert says in said.replace("\xa0", " ").replace("\u202f", " ")
