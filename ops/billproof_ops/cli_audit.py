"""`billproof audit`: the audit chain, what it says, whether it holds, and what an auditor is given."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from billproof.audit.adopting import adopt, declare_erased
from billproof.audit.exporting import export
from billproof.audit.findings import Verification
from billproof.audit.heads import Head, heads_of, path_of, read_anchors
from billproof.audit.index import index_of
from billproof.audit.restoring import restore
from billproof.audit.telling import LifeStory
from billproof.audit.verifying import verify
from billproof.audit.walking import all_chains
from billproof.errors import NotFound
from billproof.periods import instant_text
from billproof.usage.erasing import take_out
from billproof_ops import api, billing, tables
from billproof_ops.auditing import audited_stores
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.printing import AsJson, Who, console, print_json, read_text, show, verbs
from billproof_ops.replay import moment
from billproof_ops.target import Target

app = verbs()
SHOWN = 100
"""Findings that are printed; --json prints all of them."""
Why = Annotated[str, typer.Option("--why", help="The reason, which is recorded for ever.")]


@app.command()
def head(*, as_json: AsJson = False) -> None:
    """Print the last record of every chain. Keep it: `verify --heads FILE` finds a chain that was cut or rewritten."""
    heads = heads_of(Target.find().ports.chain)
    if as_json:
        print_json([one.model_dump(mode="json") for one in heads])
        return
    listed = tables.table("Chain", "Record", "Hash", whole=("Hash",), right=("Record",))
    for one in heads:
        listed.add_row(one.chain, f"{one.sequence:,}", one.hash)
    console.print(listed)


@app.command("verify")
def verify_the_chain(
    *,
    since: Annotated[str, typer.Option("--from", help="Only what was recorded from here on, with a time zone.")] = "",
    until: Annotated[str, typer.Option("--to", help="End of the window, exclusive, with a time zone.")] = "",
    heads: Annotated[
        Path | None, typer.Option("--heads", help="What `audit head --json` printed before; - for standard input.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify every link and anchor of the chain, and all that is stored against it. Exit 1 if anything differs.

    With --from or --to, what was recorded then is looked up; what has no record is found without them only.
    """
    window = (_instant(since), _instant(until))
    if window[1] and window[1] <= window[0]:
        message = f"the window {since} to {until} is empty: nothing would be verified"
        raise WrongUse(message)
    stores = audited_stores(Target.find(), _read_heads(heads))
    verification = verify(stores, since=window[0], until=window[1])
    if as_json:
        print_json(verification.model_dump(mode="json"))
    else:
        _show(verification, anchors=len(stores.anchors))
    if not verification.holds:
        raise typer.Exit(1)


def _show(verification: Verification, *, anchors: int) -> None:
    for finding in verification.findings[:SHOWN]:
        console.print(f"[red]{finding.kind}[/] {finding.where}: {finding.message}", soft_wrap=True)
    left_out = len(verification.findings) - SHOWN
    if left_out > 0:
        console.print(f"and {left_out:,} more: --json prints all of them")
    for declared in verification.declared:
        console.print(f"declared: {declared}", soft_wrap=True)
    counts = (
        f"{verification.blocks:,} records of {verification.chains} chains and {anchors} anchors, "
        f"{verification.facts:,} facts, {verification.objects:,} objects"
    )
    verdict = "[green]holds[/]" if verification.holds else f"[red]{len(verification.findings):,} findings[/]"
    console.print(f"{verdict}: {counts}; since {verification.since or 'never'}", soft_wrap=True)
    if verification.adopted:
        console.print(f"{verification.adopted:,} of them were stored before the chain began, and adopted")
    if verification.unconfirmed:
        console.print(f"{verification.unconfirmed:,} objects were recorded and never written: their writer died")
    for untold in verification.untold[:SHOWN]:
        console.print(f"its writer died, or somebody put it in: {untold}", soft_wrap=True)
    if len(verification.untold) > SHOWN:
        console.print(f"and {len(verification.untold) - SHOWN:,} more of that kind: --json prints all of them")


@app.command("show")
def show_a_life(
    name: Annotated[str, typer.Argument(help="An invoice (id or number), an account, or a run.")],
    *,
    proof: Annotated[
        bool, typer.Option("--proof", help="With each record its path to the Merkle root of its day.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell the life of an invoice, account or run: what happened, when, by whom, and where that is recorded."""
    target = Target.find()
    ports = target.ports
    invoice, number = _named(target, name)
    index = index_of(all_chains(ports.chain))
    events = LifeStory(index, ports.facts).of(invoice, number=number)
    rows: list[dict[str, Any]] = [event.model_dump(mode="json") for event in events]
    if proof:
        for row, event in zip(rows, events, strict=True):
            row["proof"] = path_of(ports.chain, event.chain, event.sequence).model_dump(mode="json")
    if as_json or proof:
        print_json(rows)
        return
    listed = tables.table("At", "What", "By", "Function", "Record", title=name, whole=("At",))
    for event in events:
        listed.add_row(event.at[:19] + "Z", event.what, event.by, event.function, event.record)
    console.print(listed)


@app.command("export")
def export_the_chain(
    folder: Annotated[Path, typer.Argument(help="A folder; it is made where it is not there.")],
    *,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="With the keys of the digests, to compare stored objects with them.")
    ] = False,
) -> None:
    """Write the chain for an auditor: JSON lines, a table, anchors, heads, and a manifest. See docs/auditors/."""
    ports = Target.find().ports
    folder.mkdir(parents=True, exist_ok=True)
    anchors, now = read_anchors(ports.anchors), instant_text(ports.now())
    files = export(ports.chain, anchors, folder, at=now, with_keys=with_keys)
    console.print(f"{', '.join(files)} are in {folder}")


@app.command("adopt")
def adopt_what_is_there(*, who: Who = None, why: Why, as_json: AsJson = False) -> None:
    """Record what was stored before the chain began, declared as adopted. It is safe to repeat."""
    ports = Target.find().ports
    by = api.own_name(who)
    adopted = adopt(chain=ports.chain, facts=ports.facts, objects=ports.objects, by=by, why=why)
    if as_json:
        print_json(adopted.model_dump(mode="json"))
        return
    console.print(f"{adopted.facts:,} facts and {adopted.objects:,} objects are recorded as adopted by {by}")


@app.command("erase")
def declare_an_erasure(
    subject: Annotated[str, typer.Argument(help="The subject of the digests, such as an account.")],
    *,
    objects: Annotated[
        list[str] | None, typer.Option("--object", help="Only this object's key; may be repeated.")
    ] = None,
    who: Who = None,
    why: Why,
) -> None:
    """Declare that personal data is erased, and by whom and why; for a whole subject, remove the key of its digests.

    The data itself is removed by whoever may, after this: docs/audit.md says how.
    """
    ports = Target.find().ports
    number = declare_erased(chain=ports.chain, subject=subject, keys=objects or (), by=api.own_name(who), why=why)
    if not objects:
        ports.remove_key(subject)
    console.print(f"{number} declarations are recorded; remove the data now: docs/audit.md says how")


@app.command("take-out")
def take_an_account_out(
    account: Annotated[str, typer.Argument(help="The account whose events are taken out.")],
    *,
    who: Who = None,
    why: Why,
    as_json: AsJson = False,
) -> None:
    """Take an account out of the usage, quarantine and discarded letters that it shares, as the law may ask for it.

    The objects are written anew without it and removed, with all their versions; the chain says by whom and why. It is
    safe to repeat. Runs that read the old objects can no longer be proved.
    """
    ports = Target.find().ports
    taken = take_out(
        account,
        chain=ports.chain,
        objects=ports.objects,
        buckets=ports.buckets(),
        crosswalks=ports.directory.crosswalks(),
        remove=ports.remove_object,
        by=api.own_name(who),
        why=why,
    )
    text = (
        f"{taken.events:,} events, {taken.refused:,} refused and {taken.discarded:,} discarded ones of {account} were "
        f"in {taken.objects:,} objects, which are written anew without them and removed"
    )
    show(taken, as_json=as_json, text=text)
    for key in taken.unreadable:
        typer.echo(f"{key} cannot be read: what of {account} is in it is not known", err=True)
    if taken.unreadable:
        raise typer.Exit(1)


@app.command("restore")
def restore_an_object(key: Annotated[str, typer.Argument(help="The key that a finding names.")]) -> None:
    """Put an object back as the chain recorded it, from a version that the bucket keeps. It is safe to repeat."""
    ports = Target.find().ports
    restored = restore(key, chain=ports.chain, objects=ports.objects, versions=ports.versions_of(key))
    if restored.version is None:
        console.print(f"{key} is what {restored.record} recorded", soft_wrap=True)
    else:
        console.print(f"{key} is version {restored.version} again, which {restored.record} recorded", soft_wrap=True)


@app.command("anchor")
def anchor_now(*, as_json: AsJson = False) -> None:
    """Keep an anchor of every whole day that has none yet, as the schedule does every night."""
    result = Target.find().call("AnchorAuditName", {})
    days = [date.fromisoformat(day) for day in result["days"]]
    if as_json:
        print_json(result)
        return
    console.print(", ".join(map(str, days)) if days else "every whole day has its anchor")


def _named(target: Target, name: str) -> tuple[str, str]:
    """Return the id of an invoice that is named by its id or number, and its number; other names as they are."""
    try:
        released = billing.find_release(target, name)
    except (OpsError, NotFound):
        return name, ""
    return released.invoice, released.number


def _read_heads(path: Path | None) -> tuple[Head, ...]:
    if path is None:
        return ()
    try:
        return TypeAdapter(tuple[Head, ...]).validate_python(json.loads(read_text(path)))
    except (ValidationError, json.JSONDecodeError):
        message = f"{path} is not what 'billproof audit head --json' prints"
        raise WrongUse(message) from None


def _instant(text: str) -> str:
    return instant_text(moment(text)) if text else ""
