"""A supply as the rules of tax see it: who sells to whom, from where to where, at which tax point.

Addresses, kinds, numbers, registrations and declarations are those of the tax point.
"""

from dataclasses import dataclass
from datetime import date

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, CustomerKind, LegalEntity, NotRegistered
from billproof.tax.places import Place, place_of


@dataclass(frozen=True, slots=True)
class Supply:
    """One seller, one customer and one day."""

    entity: LegalEntity
    account: Account
    day: date
    seller: Place
    buyer: Place

    @classmethod
    def of(cls, entity: LegalEntity, account: Account, day: date) -> "Supply":
        """Take both as they were on the day; raises UndeterminedTax where an address contradicts itself."""
        entity, account = entity.on(day), account.on(day)
        try:
            return cls(entity, account, day, place_of(entity.address), place_of(account.address))
        except UndeterminedTax as error:
            raise UndeterminedTax(error.message, account=account.id) from None

    @property
    def is_to_business(self) -> bool:
        """Whether the customer buys for business."""
        return self.account.customer_kind is CustomerKind.BUSINESS

    def registered_in(self, jurisdiction: str) -> bool:
        """Say whether the seller collects tax there."""
        return self.entity.registered_in(jurisdiction, self.day)

    def declared_for(self, jurisdiction: str) -> NotRegistered | None:
        """Return the seller's declaration that it has no tax to collect there, or None."""
        return self.entity.not_registered_in(jurisdiction, self.day)

    def undetermined(self, message: str) -> UndeterminedTax:
        """Return the error that holds the account's lines."""
        return UndeterminedTax(message, account=self.account.id)

    def undeclared(self, jurisdiction: str, tax: str) -> UndeterminedTax:
        """Return the error where nobody has said whether the seller collects a tax."""
        message = f"{self.entity.name} is neither registered in {jurisdiction} nor declared as not registered there"
        return self.undetermined(f"{message}: {tax} is not known")
