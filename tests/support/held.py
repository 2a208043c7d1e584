"""Releasing what a run held, as if somebody had approved it."""

from decimal import Decimal
from typing import NamedTuple

from billproof.invoicing.model import DocumentRef, Released
from billproof.invoicing.releasing import release_held
from billproof.pipeline.artefacts import DRAFTED, Artefacts
from billproof.pipeline.issuing import Issuing
from tests.support.world import World


class AsHeld(NamedTuple):
    """What became of it."""

    released: Released | None


class AnyBalance(Issuing):
    """Issues documents whatever they leave to a balance."""

    def most_left(self, document: DocumentRef) -> Decimal:
        assert document.key
        return Decimal(10**12)


def release_as_held(world: World, run: str, account: str) -> AsHeld:
    artefacts = Artefacts(world.objects)
    batches = [artefacts.read(DRAFTED, run, part) for part in artefacts.parts(DRAFTED, run)]
    batch = next(batch for batch in batches if account in {draft.account for draft in batch.drafts})
    released = release_held(
        batch,
        account,
        register=world.register,
        postings=world.postings,
        deliveries=world.deliveries,
        issues=AnyBalance(run, batch.batch, objects=world.objects, directory=world.directory, now=world.now()),
    )
    return AsHeld(released if isinstance(released, Released) else None)
