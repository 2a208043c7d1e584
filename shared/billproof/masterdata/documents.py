"""What invoices say beside amounts: how to pay, whom to ask, by which order, and in which form they are sent."""

import operator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from stdnum import bic, iban
from stdnum.us import rtn

from billproof.masterdata.addresses import Address
from billproof.model import Flag, Model
from billproof.names import ONE_LINE, Country, Currency, Reference


def _iban(value: str) -> str:
    if not iban.is_valid(value):
        message = "this is no IBAN: its check digits or its length are wrong"
        raise ValueError(message)
    return value


def _bic(value: str) -> str:
    if not bic.is_valid(value):
        message = "this is no BIC (ISO 9362)"
        raise ValueError(message)
    return value


def _routing_number(value: str) -> str:
    if not rtn.is_valid(value):
        message = "this is no ABA routing number: its check digit is wrong"
        raise ValueError(message)
    return value


Iban = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"), AfterValidator(_iban)]
Bic = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{8}([A-Z0-9]{3})?$"), AfterValidator(_bic)]
RoutingNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$"), AfterValidator(_routing_number)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=140), ONE_LINE]
"""A line of a document."""


class RemittanceAccount(Model):
    """The bank account to which customers pay what is in its currency: an IBAN, or an account with a routing number."""

    currency: Currency
    holder: Annotated[str, StringConstraints(min_length=1, max_length=70), ONE_LINE]
    bank: Line | None = None
    iban: Iban | None = None
    bic: Bic | None = None
    routing_number: RoutingNumber | None = None
    account_number: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{4,34}$")] | None = None

    @model_validator(mode="after")
    def _is_one_account(self) -> Self:
        is_domestic = self.routing_number is not None and self.account_number is not None
        if (self.iban is not None) == is_domestic or (self.routing_number is None) != (self.account_number is None):
            message = "give an IBAN, or a routing number with an account number"
            raise ValueError(message)
        return self


MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=140)]


_IN_A_PATH = r"[A-Za-z0-9._~:/?#@!$&'*+,;=%-]|\{number\}|\{amount\}|\{currency\}"
PaymentPage = Annotated[
    str, StringConstraints(pattern=rf"^https://[A-Za-z0-9.-]+(:[0-9]+)?(/({_IN_A_PATH})*)?$", max_length=500)
]
"""Where customers pay online, with places for the number, the amount and the currency."""


class DocumentContact(Model):
    """Whom a customer asks about an invoice."""

    name: Line
    email: MailAddress
    phone: Line | None = None


class ElectronicAddress(Model):
    """Where a party takes electronic documents; the scheme is a code of the list EAS, such as 0204 or EM."""

    scheme: Annotated[str, StringConstraints(pattern=r"^([0-9]{4}|EM|AN|AQ|AS|AU)$")]
    id: Annotated[str, StringConstraints(min_length=1, max_length=135), ONE_LINE]


class EntityDocuments(Model):
    """What all documents of a legal entity say, and how they look.

    `pay_to` has one account for a currency, `footer` what the law wants on business letters, `company_number` that in
    the register of companies. The `logo` is SVG and part of each document: keep it small. `colour` is as in CSS.
    `pay_at` is the address of a page that takes payments, in which `{number}`, `{amount}` and `{currency}` stand for
    those of an invoice. `mandates_met` are countries whose mandate of electronic invoices is met by other means, or
    does not bind it.
    """

    pay_to: tuple[RemittanceAccount, ...] = ()
    remit_to: Address | None = None
    contact: DocumentContact | None = None
    company_number: Line | None = None
    footer: Annotated[tuple[Line, ...], Field(max_length=4)] = ()
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")] = "#0b6e6e"
    logo: Annotated[str, StringConstraints(pattern=r"^<svg ", max_length=4_000)] | None = None
    electronic_address: ElectronicAddress | None = None
    mandates_met: tuple[Country, ...] = ()
    pay_at: PaymentPage | None = Field(default=None, exclude_if=operator.not_)

    @model_validator(mode="after")
    def _one_account_for_a_currency(self) -> Self:
        currencies = [account.currency for account in self.pay_to]
        if len(set(currencies)) != len(currencies):
            message = "two accounts have one currency: a customer could not tell which to pay to"
            raise ValueError(message)
        return self


class DocumentForm(StrEnum):
    """In which form a customer takes documents; each comes with the PDF, which people read.

    `ubl` is EN 16931 as UBL 2.1, `peppol` Peppol BIS Billing 3, `xrechnung` the German XRechnung as UBL, and `factur_x`
    a PDF/A-3 that holds EN 16931 as CII, which is ZUGFeRD, too.
    """

    PDF = "pdf"
    UBL = "ubl"
    PEPPOL = "peppol"
    XRECHNUNG = "xrechnung"
    FACTUR_X = "factur_x"


class CustomerDocuments(Model):
    """What a customer asks of documents: an order's number on each, a routing id (BT-10), and the form.

    A document in an electronic form goes to the `electronic_address`. `copies_to` get a copy of each mail.
    """

    form: DocumentForm = DocumentForm.PDF
    requires_purchase_order: Flag = False
    buyer_reference: Reference | None = None
    electronic_address: ElectronicAddress | None = Field(default=None, exclude_if=operator.not_)
    copies_to: Annotated[tuple[MailAddress, ...], Field(max_length=9)] = Field(default=(), exclude_if=operator.not_)
