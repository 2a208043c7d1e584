"""Everything that the contract-events queue carries. Each is versioned; a version never changes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from billproof.approvals.policy import Policy
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Model
from billproof.names import Name, Version


class CrmState(Model):
    """What the CRM says a contract's terms are: the version, and the SHA-256 of that version's canonical JSON.

    Sent by the CRM after the contract itself, or at any time to check: billing compares and never adopts.
    """

    kind: Literal["crm_state"] = "crm_state"
    id: Name
    account: Name
    version: Version
    contract_version: Version
    terms_digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


AnyMasterData = LegalEntity | Account | Meter | Contract | Policy | CrmState | ExchangeRate | CrmMapping | Crosswalk


MasterData = Annotated[AnyMasterData, Field(discriminator="kind")]
"""What the contract-events queue carries."""
