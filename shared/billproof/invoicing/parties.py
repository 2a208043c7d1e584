"""The two parties of a document, as it names them on its day."""

from dataclasses import dataclass
from datetime import date

from billproof.invoicing.model import Buyer, Seller
from billproof.invoicing.particulars import Particulars
from billproof.masterdata.documents import EntityDocuments
from billproof.masterdata.parties import Account, LegalEntity


def seller_of(entity: LegalEntity, day: date) -> Seller:
    """Name the seller as it is on the day of the document, with the tax numbers that it has then."""
    numbers = {registration.jurisdiction: registration.number for registration in entity.registrations_on(day)}
    return Seller(id=entity.id, name=entity.name, address=entity.on(day).address, tax_numbers=numbers)


def buyer_of(account: Account) -> Buyer:
    """Name the customer as a document does."""
    return Buyer(**account.model_dump(include=set(Buyer.model_fields)))


@dataclass(frozen=True, slots=True)
class Parties:
    """Who writes a document that is no invoice, to whom, on which day, and what the legal entity states on all."""

    seller: Seller
    buyer: Buyer
    day: date
    documents: EntityDocuments | None
    copies_to: tuple[str, ...] = ()

    def stated(self, currency: str | None) -> Particulars:
        """Return what the legal entity states on its documents, with the account of a currency to pay to."""
        known = self.documents or EntityDocuments()
        return Particulars(
            pay_to=next((account for account in known.pay_to if account.currency == currency), None),
            remit_to=known.remit_to,
            contact=known.contact,
            company_number=known.company_number,
            footer=known.footer,
            colour=known.colour,
            logo=known.logo,
            copies_to=self.copies_to,
        )


def parties_of(entity: LegalEntity, account: Account, day: date) -> Parties:
    """Return the parties of a document of a day."""
    copies = account.documents.copies_to if account.documents else ()
    return Parties(seller_of(entity, day), buyer_of(account.on(day)), day, entity.documents, copies)
