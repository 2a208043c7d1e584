"""Who a customer of a CRM is: the account of the crosswalks for the day on which the order begins, else the mapping's.

    system        external id   days                  account
    salesforce    001-A         to 2013-03-01         VX
    salesforce    001-A         from 2013-03-01       UA        an order that begins in April is UA's

Where an account goes into another one (system `billproof`), the customer goes with it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from billproof.contracts.crm_mappings import CrmMapping
from billproof.crm.orders import CrmOrder
from billproof.masterdata.crosswalk_book import CrosswalkBook, KnownCrosswalk
from billproof.masterdata.crosswalks import ACCOUNTS
from billproof.periods import instant_text, zone


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers of one CRM, by its mapping and the crosswalks that are published."""

    mapping: CrmMapping
    crosswalks: CrosswalkBook

    def account(self, order: CrmOrder) -> str | None:
        """Return the account that is billed for an order, or None where nothing names its customer."""
        midnight = datetime.combine(order.start or order.created, time.min, tzinfo=zone(self.mapping.time_zone))
        begins = instant_text(midnight.astimezone(UTC))
        naming = self.crosswalks.crosswalks_of(self.mapping.id, order.customer)
        if any(KnownCrosswalk(one, "").account_at(order.customer, begins) for one in naming):
            return self.crosswalks.account_of(self.mapping.id, order.customer, begins)
        account = self.mapping.account(order.customer)
        return None if account is None else self.crosswalks.account_of(ACCOUNTS, account, begins)

    @property
    def accounts(self) -> list[str]:
        """Every account that a customer is or may have been, so that its contracts are looked at."""
        named = [customer.account for customer in self.mapping.customers]
        own = (version.data for version in self.crosswalks.versions if version.data.system == self.mapping.id)
        named += [entry.account for data in own for entry in data.entries]
        waiting, accounts = [*named], dict.fromkeys(named)
        while waiting:
            account = waiting.pop()
            for crosswalk in self.crosswalks.crosswalks_of(ACCOUNTS, account):
                further = [entry.account for entry in crosswalk.entries if entry.account not in accounts]
                accounts |= dict.fromkeys(further)
                waiting += further
        return list(accounts)
