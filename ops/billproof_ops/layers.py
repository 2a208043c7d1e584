"""Checking the layers that `sam build` made: size, bytecode, and nothing in them but what is pinned.

Run it as `python -m billproof_ops.layers` (`make build-template` does).
"""

import re
import sys
from pathlib import Path

from billproof_ops.paths import ROOT

BUILT = ROOT / ".aws-sam" / "build"
PINS = {
    "SharedLayer": ROOT / "shared" / "requirements.txt",
    "DocumentsLayer": ROOT / "layers/documents/requirements.txt",
    "EinvoicesLayer": ROOT / "layers/einvoices/requirements.txt",
}
MOST_BYTES = 250 * 1024 * 1024
"""What a function and its layers may weigh unzipped (AWS Lambda's quota): the shared layer, and one other at most."""
SHARED = "SharedLayer"
_PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def problems(built: Path, pins: dict[str, Path]) -> list[str]:
    """Say what is wrong with built layers; nothing where they may go out."""
    faults: list[str] = []
    weights = {name: _weight(built / name) for name in pins}
    for name, weight in weights.items():
        together = weight if name == SHARED else weight + weights.get(SHARED, 0)
        if together > MOST_BYTES:
            faults.append(f"{name} and the shared layer together weigh {together} bytes, more than {MOST_BYTES}")
    for name, pinned in pins.items():
        modules = sorted((built / name).rglob("*.py"))
        if not modules:
            faults.append(f"{name} holds no module")
        bare = [module for module in modules if not list(module.parent.glob(f"__pycache__/{module.stem}.*.pyc"))]
        faults += [f"{name}: {module.relative_to(built)} has no bytecode" for module in bare]
        wanted = {(_normal(pin[1]), pin[2]) for pin in _PIN.finditer(pinned.read_text())}
        present = {_distribution(folder) for folder in (built / name / "python").glob("*.dist-info")}
        faults += [f"{name} lacks {package} {version}" for package, version in sorted(wanted - present)]
        faults += [f"{name} holds {package} {version}, not pinned" for package, version in sorted(present - wanted)]
    return faults


def _weight(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _distribution(folder: Path) -> tuple[str, str]:
    package, version = folder.name.removesuffix(".dist-info").split("-")
    return _normal(package), version


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


if __name__ == "__main__":
    faults = problems(BUILT, PINS)
    sys.stdout.writelines(f"{line}\n" for line in faults or ["layers: within the quota, compiled, as pinned"])
    sys.exit(bool(faults))
