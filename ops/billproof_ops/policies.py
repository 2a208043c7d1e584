"""What the command does with policies: two calls of the API, by two people."""

from typing import Any

from billproof.approvals.publishing import PolicyState
from billproof_ops import api
from billproof_ops.target import Target


def publish_policy(target: Target, document: dict[str, Any], *, who: str | None) -> PolicyState:
    """Ask the API to keep a version of a policy."""
    return PolicyState.model_validate(api.call(target, api.PUBLISH, document, who=who))


def confirm_policy(target: Target, legal_entity: str, version: int, *, who: str | None) -> PolicyState:
    """Ask the API to let a version of a policy take effect."""
    request = {"legal_entity": legal_entity, "version": version}
    return PolicyState.model_validate(api.call(target, api.CONFIRM, request, who=who))
