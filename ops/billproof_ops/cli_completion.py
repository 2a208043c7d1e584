"""`billproof completion`: what makes a shell complete the command."""

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script

from billproof_ops.printing import verbs

app = verbs()


class Shell(StrEnum):
    """The shells that can."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="The shell.")]) -> None:
    """Print the script that completes verbs and options; for bash: eval "$(billproof completion bash)"."""
    typer.echo(get_completion_script(prog_name="billproof", complete_var="_BILLPROOF_COMPLETE", shell=shell))
