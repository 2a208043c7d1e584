"""`billproof policy`: publish a policy, confirm what somebody else published, show what is in force."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from billproof.approvals.publishing import PolicyState
from billproof_ops import naming, policies
from billproof_ops.errors import WrongUse
from billproof_ops.printing import AsJson, Entity, Who, console, print_json, read_text, show, verbs
from billproof_ops.target import Target

app = verbs()
File = Annotated[Path, typer.Argument(help="A file with the policy as JSON; - for standard input.")]


@app.command()
def publish(file: File, *, who: Who = None, as_json: AsJson = False) -> None:
    """Publish a version of a policy. It decides nothing until somebody else confirms it, and never for you."""
    state = policies.publish_policy(Target.find(), _read(file), who=who)
    show(state, as_json=as_json, text=_said(state))


@app.command()
def confirm(
    *,
    legal_entity: Entity = "",
    version: Annotated[int, typer.Option("--version", "-v", help="The version that somebody else published.")],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Confirm a version that somebody else published: it is in force from now on."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    state = policies.confirm_policy(target, entity, version, who=who)
    show(state, as_json=as_json, text=_said(state))


@app.command("show")
def show_policy(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Show every version of a policy: who published it, who confirmed it, which one is in force."""
    target = Target.find()
    history = target.ports.policies.history(naming.legal_entity(target, legal_entity))
    current = history.in_force()
    if as_json:
        print_json(current.policy.model_dump(mode="json") if current else None)
        return
    for version in history.versions:
        by = (
            f"published by {version.published.published_by}" if version.published else "of before people had identities"
        )
        since = f", in force since {version.confirmation.confirmed_at}" if version.confirmation else ""
        console.print(f"version {version.policy.version} {by}{since}", soft_wrap=True)
    for person in current.policy.people if current else ():
        console.print(f"{person.id} ({person.role}): {'; '.join(map(str, person.identities)) or 'no identity'}")


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(file))
    except json.JSONDecodeError as error:
        message = f"{file} is not JSON: {error}"
        raise WrongUse(message) from None
    if not isinstance(document, dict) or "id" not in document:
        message = f"{file} is not a policy: it has no id"
        raise WrongUse(message)
    return document


def _said(state: PolicyState) -> str:
    confirmed = (
        f", confirmed by {state.confirmed_by}" if state.confirmed_by else ", waits for somebody else to confirm it"
    )
    return f"policy {state.legal_entity} version {state.version} published by {state.published_by}{confirmed}"
