"""The ports of ERPs: the facts of the embedded ledger, and the ERPs that are configured. Each is built on first use."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.payment_ports import PaymentPorts

if TYPE_CHECKING:
    from billproof.audit.stores import AuditedRecords
    from billproof.erp.port import Erp, Erps


class ErpPorts(PaymentPorts):
    """Where documents are posted."""

    @cached_property
    def ledger_facts(self) -> AuditedRecords:
        """The facts of the embedded ledger."""
        return self._records("ledger", self.settings.ledger_table)

    @cached_property
    def erps(self) -> Erps:
        """The ERPs that are configured, by the name that a legal entity gives: the embedded ledger always is."""
        from billproof.adapters.ledger.embedded import EmbeddedLedger
        from billproof.masterdata.parties import EMBEDDED_LEDGER

        erps: dict[str, Erp] = {EMBEDDED_LEDGER: EmbeddedLedger(self.ledger_facts)}
        secret = self.settings.tryton_secret
        if secret is not None:
            from billproof.adapters.aws.secrets import read_secret
            from billproof.adapters.tryton.erp import NAME, TrytonErp, connected

            connect = partial(connected, read_secret(client("secretsmanager"), secret))
            erps[NAME] = TrytonErp(connect, entities=self.directory.legal_entity, accounts=self.directory.account)
        return erps
