"""A running business that is taken over: what it brings along is checked, proposed, and confirmed by somebody else."""

from typing import Literal

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.taking_over import OpeningState, OpeningStores, check_opening, confirm_opening, propose_opening
from billproof.composition import Composition
from billproof.errors import InvalidInput
from billproof.model import Model
from billproof.opening.model import Opening
from billproof.opening.packing import unpacked


class TakeOverRequest(Model):
    """An opening, packed, that is checked or proposed, or the digest of one that is confirmed."""

    legal_entity: str
    step: Literal["check", "propose", "confirm"]
    packed: str = ""
    digest: str = ""

    def opening(self) -> Opening:
        """Return the opening; raises InvalidInput where it is none, or another legal entity's."""
        opening = unpacked(self.packed)
        if opening.legal_entity != self.legal_entity:
            message = f"this is an opening of {opening.legal_entity}"
            raise InvalidInput(message)
        return opening


@api_call(TakeOverRequest, name="take_over_business")
def handler(call: RouteCall[TakeOverRequest], ports: Composition) -> OpeningState:
    """Check an opening, propose it, or let one take effect that somebody else proposed."""
    request, directory = call.request, ports.directory
    if request.step == "check":
        return check_opening(request.opening(), caller=call.caller.identity, directory=directory)
    stores = OpeningStores(ports.opening_decisions, directory, ports.register, ports.objects)
    if request.step == "propose":
        return propose_opening(request.opening(), caller=call.caller.identity, stores=stores, now=ports.now())
    return confirm_opening(
        legal_entity=request.legal_entity,
        digest=request.digest,
        caller=call.caller.identity,
        stores=stores,
        erps=ports.erps,
        now=ports.now(),
    )
