"""A person's sign-off of a month: it takes no further run."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import known_person
from billproof.composition import Composition
from billproof.model import Model
from billproof.pipeline.month_facts import SignOff
from billproof.pipeline.months import sign_off_month


class SignOffRequest(Model):
    """A legal entity and a month."""

    legal_entity: str
    period: str


@api_call(SignOffRequest, name="sign_off_month")
def handler(call: RouteCall[SignOffRequest], ports: Composition) -> SignOff:
    """Sign the month off, for ever; one that is signed off already stays as it is."""
    person = known_person(ports.policies, call.request.legal_entity, call.caller.identity)
    return sign_off_month(
        legal_entity=call.request.legal_entity,
        period=call.request.period,
        signed_by=person.id,
        records=ports.runs,
        directory=ports.directory,
        now=ports.now(),
        grace=ports.settings.grace,
    )
