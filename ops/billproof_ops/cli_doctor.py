"""`billproof doctor`: what is wrong with a set-up, and what to do about it."""

import typer

from billproof_ops.doctor import Health, examine
from billproof_ops.printing import AsJson, console, print_json, verbs

app = verbs()
COLOURS = {Health.GOOD: "green", Health.DOUBTFUL: "yellow", Health.BAD: "red"}


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at endpoint, stores, consumers, master data, policies, dead letters and mail. Exit 1 if any is bad."""
    checks = examine()
    if as_json:
        print_json([check.model_dump(mode="json") for check in checks])
    for check in () if as_json else checks:
        console.print(f"[{COLOURS[check.health]}]{check.health:<8}[/] {check.what}: {check.said}", soft_wrap=True)
        if check.remedy:
            console.print(f"         {check.remedy}", soft_wrap=True)
    if any(check.health is Health.BAD for check in checks):
        raise typer.Exit(1)
