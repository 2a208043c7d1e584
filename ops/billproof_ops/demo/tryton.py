"""A Tryton of its own for `billproof demo --erp tryton`: the real one, in an environment of its own, over HTTP.

`make tryton` installs it (.tryton/) and makes its books; the demo works on a copy, which stays with the demo's state.
"""

import json
import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.resources import files as resources
from pathlib import Path

import yaml

from billproof.adapters.aws.clients import client
from billproof.adapters.tryton.erp import NAME
from billproof.masterdata.charts import ErpBooks
from billproof.masterdata.parties import LegalEntity
from billproof_ops.errors import OpsError
from billproof_ops.paths import BUILD, ROOT

ENVIRONMENT = ROOT / ".tryton"
SEED = ENVIRONMENT / "seeded.sqlite"
DATABASE = "demo"
INDEX = "CREATE UNIQUE INDEX billproof_reference ON account_move (company, journal, description)"
"""What docs/integrations.md asks for: payments are told twice at the same time, and would be posted twice."""
KEY = "clerk-key"
SECRET = "billproof-local-tryton"  # noqa: S105 - its name
HOST = "127.0.0.1"
STARTED = "Running on"


def in_tryton(entities: list[LegalEntity]) -> list[LegalEntity]:
    """Return the legal entities with their books in Tryton."""
    text = resources("billproof_ops.demo").joinpath("tryton.yaml").read_text(encoding="utf-8")
    books = {entity: ErpBooks.model_validate(names) for entity, names in yaml.safe_load(text).items()}
    return [entity.model_copy(update={"erp": NAME, "erp_books": {NAME: books[entity.id]}}) for entity in entities]


@contextmanager
def served(folder: Path = BUILD / "tryton-books") -> Iterator[str]:
    """Run Tryton until the block is left, and yield the address of its books.

    Raises OpsError where it is not installed, or does not start.
    """
    if not SEED.exists():
        message = "Tryton is not installed: make tryton, or make demo ERP=tryton, installs it"
        raise OpsError(message)
    folder.mkdir(parents=True, exist_ok=True)
    books = folder / f"{DATABASE}.sqlite"
    if not books.exists():
        shutil.copy(SEED, books)
        with closing(sqlite3.connect(books)) as connection:
            connection.execute(INDEX)
    port = _free_port()
    configuration = folder / "trytond.conf"
    lines = ["[database]", "uri = sqlite://", f"path = {folder}", "[web]", f"listen = {HOST}:{port}"]
    configuration.write_text("\n".join(lines))
    command: list[str | Path] = [ENVIRONMENT / "bin" / "trytond", "-c", configuration, "-d", DATABASE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait(process)
            yield f"http://{HOST}:{port}/{DATABASE}"
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[str]) -> None:
    """Read what it says until it serves; what it says later is read and forgotten, so that it never waits for us."""
    output = process.stderr
    assert output is not None  # noqa: S101 - it is a pipe
    lines = []
    for line in output:
        lines.append(line)
        if STARTED in line:
            break
    if process.poll() is not None:
        message = f"Tryton does not start: {''.join(lines)[-500:]}"
        raise OpsError(message)
    threading.Thread(target=output.read, daemon=True).start()


def parameters(address: str) -> Mapping[str, str]:
    """Store where Tryton is as a secret of the emulator, and return the parameter that names it."""
    secrets, value = client("secretsmanager"), json.dumps({"address": address, "key": KEY})
    try:
        arn = secrets.put_secret_value(SecretId=SECRET, SecretString=value)["ARN"]
    except secrets.exceptions.ResourceNotFoundException:
        arn = secrets.create_secret(Name=SECRET, SecretString=value)["ARN"]
    return {"TrytonSecretArn": str(arn)}


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])
