"""`billproof quarantine`: list and show refused events, send them again, dismiss them."""

from typing import Annotated

import typer

from billproof_ops import naming, quarantine, tables
from billproof_ops.printing import AsJson, Entity, Period, Who, console, print_json, show, verbs
from billproof_ops.target import Target

app = verbs()
EventId = Annotated[str, typer.Argument(help="A refused event's id, such as 2013-01-05.0123456789abcdef.")]
EventIds = Annotated[list[str], typer.Argument(help="The ids of refused events.")]


@app.command("list")
def list_refused(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    everything: Annotated[bool, typer.Option("--all", help="Include those that were resent or dismissed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the refused events of a legal entity and month, with the account or source that each belongs to."""
    month = naming.any_month(legal_entity, period)
    refused = quarantine.rows(month.target, month.legal_entity, month.period, all_of_them=everything)
    rows = refused.rows
    for key in refused.unreadable:
        typer.echo(f"{key} cannot be read: it is gone, or not what was written", err=True)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    listed = tables.table("Event", "Place", "Reason", "Time", "Source and id", "State", whole=("Event",))
    for row in rows:
        identity = f"{row.source or '?'} {row.event or '?'}"
        place = f"{row.kind} {row.place}".strip()
        listed.add_row(
            row.id, place, row.reason, row.time or "not readable", identity, f"{row.state} {row.said}".strip()
        )
    console.print(listed if rows else "nothing waits")


@app.command("show")
def show_refused(event: EventId, *, as_json: AsJson = False) -> None:
    """Show a refused event as it came: what is wrong with it, whose it is, and what became of it."""
    shown = quarantine.details(Target.find(), event)
    lines = (
        f"{shown.id} {shown.state} {shown.said}".rstrip(),
        f"{shown.reason}: {shown.why}",
        f"{shown.kind} {shown.place}, {shown.legal_entity} {shown.period}, received at {shown.received_at}",
        shown.raw,
    )
    show(shown, as_json=as_json, text="\n".join(lines))


@app.command("dismiss")
def dismiss_refused(
    event: EventId,
    *,
    who: Who = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it is not to be billed; it is stored.")],
    as_json: AsJson = False,
) -> None:
    """Decide that a refused event is not to be billed. The first decision stands."""
    done = quarantine.dismiss_event(Target.find(), event, who=who, reason=reason)
    show(done, as_json=as_json, text=f"{done.id} was dismissed by {done.dismissed_by}: {done.reason}")


@app.command("resend")
def resend_refused(events: EventIds, *, who: Who = None) -> None:
    """Send refused events to their queue again, as they came. Remove the cause first. It is safe to repeat."""
    console.print(f"{quarantine.resend(Target.find(), events, who=who)} sent again")
