"""What a proof reads: of a run once for each process, of a batch once for all of its accounts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, override

from pydantic import BaseModel

from billproof.approvals.governing import RememberedPolicies
from billproof.conservation.service import RefusedCounts, Stores
from billproof.erp.intent import erp_of
from billproof.erp.port import Erp, PostedDocument, erp_named
from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.model import Released
from billproof.ledger.model import JournalEntry
from billproof.periods import Period
from billproof.pipeline.artefacts import RUN_PLAN, Artefact, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.ports import Objects
from billproof.pricing.terms import BatchPlan
from billproof.remembering import RememberedObjects, RememberedRecords
from billproof.snapshots import SnapshotRecords

LOOKUPS_AT_ONCE = 16


class RememberedArtefacts(Artefacts):
    """The artefacts of runs, each read and parsed once."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects)
        self._read: dict[str, Any] = {}

    @override
    def read[M: BaseModel](self, artefact: Artefact[M], run: str, part: str = "") -> M:
        """Read one part; raises NotFound where the step has not written it."""
        key = artefact.key(run, part)
        if key not in self._read:
            self._read[key] = super().read(artefact, run, part)
        content: M = self._read[key]
        return content


class RememberedErp:
    """An ERP that is asked once for each document."""

    def __init__(self, below: Erp) -> None:
        self._below = below
        self._documents: dict[tuple[str, str], list[PostedDocument]] = {}
        self.reference_length = below.reference_length

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        """Return the posted documents under a reference."""
        reference = (legal_entity, external_reference)
        if reference not in self._documents:
            self._documents[reference] = self._below.find(legal_entity, external_reference)
        return self._documents[reference]

    def post(self, entry: JournalEntry) -> PostedDocument:
        """Refuse: a proof only reads."""
        message = f"a proof does not post {entry.external_reference}"
        raise TypeError(message)

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        """Yield the documents that are dated in a period."""
        yield from self._below.of_period(legal_entity, period)


class RememberingStores(Stores):
    """Stores whose answers are remembered for one part of a proof."""

    @classmethod
    def over(cls, stores: Stores) -> "RememberingStores":
        """Remember nothing yet."""
        return cls(
            objects=RememberedObjects(stores.objects),
            contracts=RememberedRecords(stores.contracts, whole=True),
            policies=stores.policies,
            invoices=RememberedRecords(stores.invoices),
            payments=RememberedRecords(stores.payments),
            runs=stores.runs,
            exception_store=stores.exception_store,
            erps={name: RememberedErp(erp) for name, erp in stores.erps.items()},
            opening_decisions=stores.opening_decisions,
        )

    @cached_property
    def _artefacts(self) -> Artefacts:
        return RememberedArtefacts(self.objects)

    @property
    def artefacts(self) -> Artefacts:
        """What the steps of runs have written."""
        return self._artefacts

    def fetch(self, plan: BatchPlan) -> None:
        """Look up side by side what the proof of a batch reads one by one: terms, documents and postings."""
        documents = [
            str(InvoiceId(plan.legal_entity.id, plan.period.name, terms.account.id)) for terms in plan.accounts
        ]
        released = [release for release in map(self.register.released, documents) if release is not None]
        erps = [erp_named(erp_of(release.invoice, plan.legal_entity, self.register), self.erps) for release in released]
        members = [member for terms in plan.accounts for member in terms.members]
        with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
            for _ in (*pool.map(self.directory.holds, members), *pool.map(self._fetch, released, erps)):
                pass

    def _fetch(self, released: Released, erp: Erp) -> None:
        with suppress(NotFound):  # the proof names it
            self.objects.get(released.document.key)
        erp.find(released.legal_entity, released.number)


class RunReads:
    """What every part of the proof of a run reads."""

    def __init__(self, run: str, stores: Stores) -> None:
        self.run = run
        self.stores = replace(stores, policies=RememberedPolicies(stores.policies))

    @classmethod
    def in_another_process(cls, run: str, stores: Stores, at_hand: Path) -> "RunReads":
        """Return them for a process that helps: the facts of the month are in a file already."""
        return cls(run, replace(stores, invoices=SnapshotRecords(stores.invoices, at_hand)))

    @cached_property
    def plan(self) -> RunPlan:
        """The plan of the run."""
        return self.stores.artefacts.read(RUN_PLAN, self.run)

    @cached_property
    def refused(self) -> RefusedCounts:
        """What was refused of the run's accounts."""
        return RefusedCounts.of_run(self.plan, self.stores)

    def part(self) -> RememberingStores:
        """Return the stores of one part of the proof."""
        return RememberingStores.over(self.stores)
