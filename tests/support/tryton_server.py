"""A Tryton of its own: the seeded database is copied twice, one of them with a unique index on references."""

import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from billproof.adapters.http_calls import HttpSend, Send
from billproof.adapters.tryton.rest import TrytonRest

ENVIRONMENT = Path(__file__).parents[2] / ".tryton"
PLAIN, UNIQUE = "plain", "unique"
KEYS = {"clerk": "clerk-key", "admin": "admin-key"}
"""Those of the seed: the clerk posts and keeps parties, the admin keeps accounts, periods and journals, too."""
SECONDS = 60
"""How long the server may be silent on a busy machine."""
INDEX = "CREATE UNIQUE INDEX billproof_reference ON account_move (company, journal, description)"


@dataclass(frozen=True, slots=True)
class TrytonServer:
    """The server's address; its databases are below it."""

    base: str

    def address(self, database: str) -> str:
        """Return the address that a secret would name."""
        return f"{self.base}/{database}"

    def send(self) -> Send:
        return HttpSend(self.base, service="Tryton", seconds=SECONDS)

    def rest(self, database: str, key: str, send: Send | None = None) -> TrytonRest:
        return TrytonRest(self.address(database), KEYS[key], send or self.send())


@contextmanager
def served(seed: Path, work: Path) -> Iterator[TrytonServer]:
    """Run Tryton over copies of a seeded database until the block ends."""
    for database in (PLAIN, UNIQUE):
        shutil.copy(seed, work / f"{database}.sqlite")
    with sqlite3.connect(work / f"{UNIQUE}.sqlite") as connection:
        connection.execute(INDEX)
    connection.close()
    port = free_port()
    configuration = work / "trytond.conf"
    lines = ["[database]", "uri = sqlite://", f"path = {work}", "[web]", f"listen = 127.0.0.1:{port}"]
    configuration.write_text("\n".join(lines))
    command: list[str | Path] = [ENVIRONMENT / "bin" / "trytond", "-c", configuration, "-d", PLAIN, UNIQUE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            told = process.stderr
            assert told is not None
            said = []
            for line in told:
                said.append(line)
                if "Running on" in line:
                    break
            assert process.poll() is None, "".join(said)
            threading.Thread(target=told.read, daemon=True).start()
            yield TrytonServer(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
