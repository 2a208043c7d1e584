"""The confirmation of a policy by somebody who did not publish it."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.publishing import PolicyState, confirm_policy
from billproof.composition import Composition
from billproof.model import Model
from billproof.names import Version


def _number(text: object) -> object:
    """Read the number in a path, which is text."""
    return int(text) if isinstance(text, str) and re.fullmatch("[1-9][0-9]{0,5}", text) else text


class ConfirmationRequest(Model):
    """The version that is confirmed."""

    legal_entity: str
    version: Annotated[Version, BeforeValidator(_number)]


@api_call(ConfirmationRequest, name="confirm_policy")
def handler(call: RouteCall[ConfirmationRequest], ports: Composition) -> PolicyState:
    """Let the version take effect."""
    return confirm_policy(
        legal_entity=call.request.legal_entity,
        version=call.request.version,
        caller=call.caller.identity,
        policies=ports.policies,
        now=ports.now(),
    )
