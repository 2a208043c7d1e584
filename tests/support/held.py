"""Releasing what a run held, as if somebody had approved it."""

from billproof.invoicing.releasing import HeldRelease, release_held
from billproof.pipeline.artefacts import DRAFTED, Artefacts
from billproof.pipeline.issuing import Issuing
from tests.support.world import World


def release_as_held(world: World, run: str, account: str) -> HeldRelease:
    artefacts = Artefacts(world.objects)
    batches = [artefacts.read(DRAFTED, run, part) for part in artefacts.parts(DRAFTED, run)]
    batch = next(batch for batch in batches if account in {draft.account for draft in batch.drafts})
    return release_held(
        batch,
        account,
        register=world.register,
        postings=world.postings,
        deliveries=world.deliveries,
        issues=Issuing(run, batch.batch, objects=world.objects, directory=world.directory, now=world.now()),
    )
