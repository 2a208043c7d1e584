"""`billproof replay`: send the events of a window again."""

from typing import Annotated

import typer

from billproof_ops import replay as replays
from billproof_ops.printing import AsJson, Who, show, verbs
from billproof_ops.target import Target

app = verbs()


@app.command()
def replay(
    start: Annotated[str, typer.Option("--from", help="First arrival time to replay, with a time zone.")],
    end: Annotated[str, typer.Option("--to", help="End of the window, exclusive, with a time zone.")],
    *,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Send the events again that arrived over the usage bus in a window. Duplicates are not counted twice."""
    started_replay = replays.start_replay(Target.find(), replays.moment(start), replays.moment(end), who=who)
    show(
        started_replay,
        as_json=as_json,
        text=f"{started_replay.name}: {started_replay.state}, {started_replay.start} to {started_replay.end}",
    )
