"""What a document says beside its amounts, frozen with the draft: how to pay, whom to ask, by which order."""

import operator

from pydantic import Field

from billproof.contracts.model import Contract
from billproof.contracts.timeline import in_force
from billproof.masterdata.addresses import Address
from billproof.masterdata.documents import (
    CustomerDocuments,
    DocumentContact,
    DocumentForm,
    ElectronicAddress,
    EntityDocuments,
    RemittanceAccount,
)
from billproof.masterdata.parties import TaxScheme
from billproof.model import Model
from billproof.pricing.terms import AccountTerms, BatchPlan


class Particulars(Model):
    """What a document says beside its amounts. `pay_to` is the account of its currency.

    `is_charged` where what is due is charged to what the customer saved: it pays nothing itself. The tax of
    `one_stop_shop` is declared through the one-stop shop, whose invoices follow the rules of the seller's country.
    """

    form: DocumentForm = DocumentForm.PDF
    pay_to: RemittanceAccount | None = Field(default=None, exclude_if=operator.not_)
    remit_to: Address | None = Field(default=None, exclude_if=operator.not_)
    contact: DocumentContact | None = Field(default=None, exclude_if=operator.not_)
    company_number: str | None = Field(default=None, exclude_if=operator.not_)
    footer: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    colour: str | None = Field(default=None, exclude_if=operator.not_)
    logo: str | None = Field(default=None, exclude_if=operator.not_)
    seller_address: ElectronicAddress | None = Field(default=None, exclude_if=operator.not_)
    buyer_address: ElectronicAddress | None = Field(default=None, exclude_if=operator.not_)
    purchase_orders: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    requires_purchase_order: bool = Field(default=False, exclude_if=operator.not_)
    contract_numbers: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    buyer_reference: str | None = Field(default=None, exclude_if=operator.not_)
    copies_to: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    is_charged: bool = Field(default=False, exclude_if=operator.not_)
    one_stop_shop: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    mandates_met: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)


def governing(terms: AccountTerms, plan: BatchPlan) -> list[Contract]:
    """Return the versions of contracts that govern the period of a plan."""
    versions = in_force(terms.contracts, plan.period)
    return [contract for contract in terms.contracts if versions.get(contract.id) == contract.version]


def particulars_of(terms: AccountTerms, plan: BatchPlan, currency: str) -> Particulars | None:
    """Return what an account's document says beside its amounts; None where nobody stated any of it.

    Documents of before have none, and keep their digests.
    """
    entity, customer = plan.legal_entity, terms.account.documents
    contracts = governing(terms, plan)
    orders = tuple(dict.fromkeys(contract.purchase_order for contract in contracts if contract.purchase_order))
    numbers = tuple(dict.fromkeys(contract.number for contract in contracts if contract.number))
    if entity.documents is None and customer is None and not (orders or numbers):
        return None
    stated, customer = entity.documents or EntityDocuments(), customer or CustomerDocuments()
    return Particulars(
        form=customer.form,
        pay_to=next((account for account in stated.pay_to if account.currency == currency), None),
        remit_to=stated.remit_to,
        contact=stated.contact,
        company_number=stated.company_number,
        footer=stated.footer,
        colour=stated.colour if entity.documents else None,
        logo=stated.logo,
        seller_address=stated.electronic_address,
        buyer_address=customer.electronic_address,
        purchase_orders=orders,
        requires_purchase_order=customer.requires_purchase_order,
        contract_numbers=numbers,
        buyer_reference=customer.buyer_reference,
        copies_to=customer.copies_to,
        is_charged=terms.account.payment_method is not None
        and any(contract.charges_automatically for contract in contracts),
        mandates_met=stated.mandates_met,
        one_stop_shop=tuple(
            registration.jurisdiction
            for registration in entity.registrations_on(plan.issue_date)
            if registration.scheme is TaxScheme.ONE_STOP_SHOP
        ),
    )
