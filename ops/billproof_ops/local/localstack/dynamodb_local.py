"""DynamoDB Local, which LocalStack keeps its tables in: from the npm package that carries it, by version and digest.

AWS gives it to everybody to use and nobody to pass on, so it is fetched and never part of this repository.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

from billproof_ops.errors import OpsError

PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
_INSIDE = "package/emulator/"


def install(folder: Path) -> None:
    """Fetch the package through npm and unpack its emulator into a folder; raises OpsError for another digest."""
    if (folder / "DynamoDBLocal.jar").exists():
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("java") is None:
        message = "LocalStack keeps its tables in DynamoDB Local, which needs npm to fetch it and java to run it"
        raise OpsError(message)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run([npm, "pack", f"{PACKAGE}@{VERSION}", "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = folder / f"{PACKAGE}-{VERSION}.tgz"
    unpack(archive, folder, sha512=SHA512)
    archive.unlink()


def unpack(archive: Path, folder: Path, *, sha512: str) -> None:
    """Unpack the emulator of a package whose digest is the expected one; raises OpsError for another."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != sha512:
        message = f"{archive.name} is not what was pinned: its sha512 is {digest}"
        raise OpsError(message)
    with tarfile.open(archive) as package:
        for member in package.getmembers():
            if member.isfile() and member.name.startswith(_INSIDE):
                member.name = member.name.removeprefix(_INSIDE)
                package.extract(member, folder, filter="data")
