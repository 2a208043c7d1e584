"""Make DynamoDB Local ready, or run a command against a LocalStack that lives as long as the command.

python -m billproof_ops.local.localstack install
python -m billproof_ops.local.localstack run COMMAND ...
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from billproof_ops.errors import OpsError
from billproof_ops.local.localstack import dynamodb_local, server
from billproof_ops.paths import ROOT

TERMINATED = 128 + signal.SIGTERM
STATE = ROOT / "build" / "localstack"


def run(command: list[str], folder: Path = STATE) -> int:
    """Run a command with AWS_ENDPOINT_URL set to a LocalStack of its own; return its status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # a time limit of CI must not leave it running
    running = server.start(folder)
    try:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            command, env={**environment, "AWS_ENDPOINT_URL": running.endpoint}, check=False
        ).returncode
    finally:
        server.stop(running)


def main(words: list[str]) -> int:
    """Do what the words say; return the exit status."""
    match words:
        case ["install"]:
            dynamodb_local.install(server.DYNAMODB_LOCAL)
            return 0
        case ["run", *command] if command:
            return run(command)
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OpsError as error:
        sys.exit(f"billproof: {error}")
