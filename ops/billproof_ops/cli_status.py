"""`billproof status`: what runs, what waits and for whom, since when."""

from billproof_ops import tables
from billproof_ops.printing import AsJson, console, print_json, verbs
from billproof_ops.status import Status, WaitingCase, status
from billproof_ops.target import Target

app = verbs()


@app.command()
def show_status(*, as_json: AsJson = False) -> None:
    """Show every open month with its last run, what waits for whom since when, and the queues that hold anything."""
    state = status(Target.find())
    if as_json:
        print_json(state.model_dump(mode="json"))
        return
    _show_months(state)
    busy = [queue for queue in state.queues if queue.waiting or queue.dead_letters]
    for queue in busy:
        dead = f", [red]{queue.dead_letters:,} dead letters[/]" if queue.dead_letters else ""
        console.print(f"queue {queue.queue}: {queue.waiting:,} waiting{dead}")
    if not busy:
        console.print("every queue is empty")


def _show_months(state: Status) -> None:
    if not state.months:
        console.print("no month is open: billproof run start bills one")
        return
    listed = tables.table("Month", "Run", "State", "Released", "Held", "Waiting", whole=("Run",))
    for month in state.months:
        released, held = ("" if number is None else f"{number:,}" for number in (month.released, month.held))
        name = f"{month.legal_entity} {month.period}"
        listed.add_row(name, month.run.rsplit("-", 1)[-1], month.state, released, held, f"{len(month.waiting):,}")
    console.print(listed)
    for case in (case for month in state.months for case in month.waiting):
        console.print(what_waits(case), soft_wrap=True)


def what_waits(case: WaitingCase) -> str:
    """Say in one line what waits, since when, why, and for whom."""
    whom = ", ".join(case.deciders) or "nobody: no person of the policy may decide it"
    worth = f", {case.amount}" if case.amount is not None else ""
    return f"{case.exception} waits since {case.since}{worth} ({', '.join(case.findings)}) for {whom}"
