"""What the command does with openings: calls of the API, by two people, and what is stored of them."""

from billproof.approvals.taking_over import OpeningState
from billproof.invoicing.openings import OpeningInEffect
from billproof.model import Model
from billproof.opening.decisions import ConfirmedOpening, ProposedOpening
from billproof.opening.model import Opening, OpenReceivable
from billproof.opening.packing import packed
from billproof_ops import api
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.target import Target


class KnownOpenings(Model):
    """What is known of the openings of a legal entity."""

    legal_entity: str
    proposed: tuple[ProposedOpening, ...]
    confirmed: ConfirmedOpening | None
    in_effect: OpeningInEffect | None


def check(target: Target, opening: Opening, *, who: str | None) -> OpeningState:
    """Let the API say what is wrong with an opening, and what it comes to."""
    return _call(target, opening, "check", who)


def propose(target: Target, opening: Opening, *, who: str | None) -> OpeningState:
    """Let the API keep an opening until somebody else confirms it."""
    return _call(target, opening, "propose", who)


def _call(target: Target, opening: Opening, step: str, who: str | None) -> OpeningState:
    request = {"legal_entity": opening.legal_entity, "step": step, "packed": packed(opening)}
    return OpeningState.model_validate(api.call(target, api.TAKE_OVER, request, who=who))


def confirm(target: Target, legal_entity: str, digest: str, *, who: str | None) -> OpeningState:
    """Let an opening take effect that somebody else proposed: the only one, or that whose digest begins so.

    Raises OpsError where there is none, and WrongUse where several may be meant.
    """
    proposed = known(target, legal_entity).proposed
    meant = [proposal for proposal in proposed if proposal.digest.startswith(digest)]
    if not meant:
        message = f"no opening of {legal_entity} is proposed" + (f" that begins with {digest}" if digest else "")
        raise OpsError(message)
    if len(meant) > 1:
        message = f"say with --digest which one: {', '.join(proposal.digest[:12] for proposal in meant)}"
        raise WrongUse(message)
    request = {"legal_entity": legal_entity, "step": "confirm", "digest": meant[0].digest}
    return OpeningState.model_validate(api.call(target, api.TAKE_OVER, request, who=who))


def known(target: Target, legal_entity: str) -> KnownOpenings:
    """Return what is known of the openings of a legal entity."""
    ports = target.ports
    return KnownOpenings(
        legal_entity=legal_entity,
        proposed=tuple(ports.opening_decisions.proposals(legal_entity)),
        confirmed=ports.opening_decisions.confirmed(legal_entity),
        in_effect=ports.register.openings.in_effect(legal_entity),
    )


def receivables(target: Target, legal_entity: str, account: str) -> list[OpenReceivable]:
    """Return the open invoices that a legal entity took over, all or those of an account."""
    taken = target.ports.cash_sources().receivables(legal_entity).taken
    return taken.of(account) if account else list(taken)
