"""The ports of circuit breakers, and how each counterpart is probed. Each is built on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.erp_ports import ErpPorts

if TYPE_CHECKING:
    from billproof.breakers import Breakers, Consumers, FailuresInARow, Probe


class BreakerPorts(ErpPorts):
    """Which counterparts do not answer, and what then does not read its queue."""

    @cached_property
    def breakers(self) -> Breakers:
        """The breakers of counterparts."""
        from billproof.adapters.aws.breakers import DynamoBreakers

        return DynamoBreakers(client("dynamodb"), self.settings.idempotency_table)

    @cached_property
    def failures(self) -> FailuresInARow:
        """The messages of this process that failed in a row."""
        from billproof.breakers import FailuresInARow

        return FailuresInARow(lambda: self.breakers)

    @cached_property
    def consumers(self) -> Consumers:
        """What reads queues."""
        from billproof.adapters.aws.breakers import LambdaConsumers

        return LambdaConsumers(lambda: client("lambda"))

    @property
    def probes(self) -> dict[str, Probe]:
        """How each counterpart that is set up is asked whether it answers, by its name."""
        settings = self.settings
        known: dict[str, tuple[str | None, Probe]] = {
            "tryton": (settings.tryton_secret, lambda: self.tryton().probe()),
            "sap": (settings.sap_secret, lambda: self.sap().probe()),
            "stripe-tax": (settings.stripe_secret, lambda: self._stripe_tax.value().probe()),
            "stripe": (settings.stripe_payments_secret, self._probe_gateways),
            "salesforce": (settings.salesforce_secret, lambda: self._salesforce.value().probe()),
            "hubspot": (settings.hubspot_secret, lambda: self._hubspot.value().probe()),
        }
        return {name: probe for name, (secret, probe) in known.items() if secret is not None}

    def _probe_gateways(self) -> None:
        from billproof.adapters.stripe.clients import StripeClients

        StripeClients(self.stripe_keys).probe()
