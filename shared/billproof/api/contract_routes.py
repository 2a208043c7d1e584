"""The routes of master data: publishing versions, what was published, prices, previews and simulations."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from billproof.access.scopes import Scope
from billproof.api.asked import fields_of
from billproof.api.audiences import Route, RouteCall
from billproof.composition import Composition
from billproof.contracts.history import Receipt, VersionChange
from billproof.contracts.model import Contract
from billproof.errors import NotAllowed
from billproof.masterdata.model import AnyMasterData, CrmState, MasterData
from billproof.masterdata.parties import Account, LegalEntity
from billproof.masterdata.service import Synced, contract_history, keep_version
from billproof.model import Model
from billproof.names import Name
from billproof.periods import instant_text
from billproof.pipeline.previewing import Previewed, Simulation, preview, simulate
from billproof.pricing.quoting import PriceRequest, Quote, quote
from billproof.tax.quoting import quote_taxed

_NUMBER = re.compile("[1-9][0-9]{0,5}")


class SentVersion(Model):
    """A version of master data; its kind, id and version are those of the path."""

    data: MasterData


class AccountAsked(Model):
    """An account."""

    account: Name


class AccountMonth(Model):
    """A month of an account."""

    account: Name
    period: str


class ContractVersions(Model):
    """Every version of an account's contracts: what each changed, who sent it and when."""

    account: str
    versions: tuple[VersionChange, ...]


class WantedSimulation(Model):
    """A month of a legal entity under changed terms: versions of master data as they would be published."""

    legal_entity: Name
    period: str
    changes: Annotated[tuple[MasterData, ...], Field(min_length=1, max_length=100)]
