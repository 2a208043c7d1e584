"""What the check of built layers finds, and that the layers' recipes verify what they install."""

from collections.abc import Callable
from pathlib import Path

import pytest

from billproof_ops import layers
from billproof_ops.paths import ROOT


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name in ("SharedLayer", "DocumentsLayer"):
        package = tmp_path / name / "python" / "some_package"
        (package / "__pycache__").mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "__pycache__" / "__init__.cpython-313.pyc").write_bytes(b"compiled")
        (tmp_path / name / "python" / "some_package-1.0.dist-info").mkdir()
        (tmp_path / f"{name}.txt").write_text("some-package==1.0 \\\n    --hash=sha256:00\n")
    return tmp_path


def problems(built: Path) -> list[str]:
    return layers.problems(built, {name: built / f"{name}.txt" for name in ("SharedLayer", "DocumentsLayer")})


def half_of_the_quota(built: Path, layer: str) -> None:
    with (built / layer / "python" / "big.so").open("wb") as file:
        file.truncate(layers.MOST_BYTES // 2)


def test_layers_as_they_should_be_have_no_problem(built: Path) -> None:
    assert problems(built) == []


def test_the_layers_are_weighed_together(built: Path) -> None:
    half_of_the_quota(built, "SharedLayer")
    assert problems(built) == []
    half_of_the_quota(built, "DocumentsLayer")
    (said,) = problems(built)
    assert "together" in said


def without_bytecode(python: Path) -> None:
    (python / "some_package" / "__pycache__" / "__init__.cpython-313.pyc").unlink()


def another_version(python: Path) -> None:
    (python / "some_package-1.0.dist-info").rename(python / "some_package-1.1.dist-info")


def one_more(python: Path) -> None:
    (python / "stowaway-2.0.dist-info").mkdir()


def nothing_at_all(python: Path) -> None:
    (python / "some_package" / "__init__.py").unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_bytecode, ["SharedLayer: SharedLayer/python/some_package/__init__.py has no bytecode"]),
        (another_version, ["SharedLayer lacks some-package 1.0", "SharedLayer holds some-package 1.1, not pinned"]),
        (one_more, ["SharedLayer holds stowaway 2.0, not pinned"]),
        (nothing_at_all, ["SharedLayer holds no module"]),
    ],
)
def test_a_fault_is_named(built: Path, change: Callable[[Path], None], said: list[str]) -> None:
    change(built / "SharedLayer" / "python")
    assert problems(built) == said


@pytest.mark.parametrize("name", layers.PINS)
def test_a_layer_is_built_from_hashed_pins_and_compiled(name: str) -> None:
    pins = layers.PINS[name]
    recipe = (pins.parent / "Makefile").read_text()
    for option in ("--require-hashes", "--no-deps", "--only-binary=:all:", "--platform", "-r requirements.txt"):
        assert option in recipe
    assert "compileall -q --invalidation-mode unchecked-hash" in recipe
    assert f"build-{name}:" in recipe
    requirements = pins.read_text()
    assert "".join(requirements.split()).count("--hash=sha256:") >= requirements.count("==") > 0


def test_every_build_checks_the_layers() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile.split("build-template:")[1].split("\n\n")[0]
    assert "sam build" in recipe
    assert "billproof_ops.layers" in recipe
    assert "make build-template" in (ROOT / ".ci" / "run").read_text()
