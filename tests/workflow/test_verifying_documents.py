"""Reading back: whether a file or a printed check code is that of a document, as it was released and sent."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from billproof.invoicing.delivery import electronic_key, pdf_key
from billproof.invoicing.electronic_delivery import read_electronic
from billproof.invoicing.model import Released
from billproof_ops.errors import OpsError
from billproof_ops.target import Target
from billproof_ops.verifying import Verified, number_of_file, verify_document
from tests.support.histories_of_documents import GERMAN, billed, handed_on, sent
from tests.support.world import World

ARCHIVED = dict.fromkeys(("archived record", "archived PDF", "archived electronic document", "audit chain"), True)
"""What else is compared of a document that was delivered; tests/workflow/test_archive.py spoils it."""


@pytest.fixture
def world() -> World:
    world = billed()
    handed_on(world)
    sent(world)
    return world


def release(world: World) -> Released:
    released = world.register.released(GERMAN)
    assert released is not None
    return released


def verify(world: World, file: Path | None = None, code: str = "") -> dict[str, bool]:
    target: Any = SimpleNamespace(ports=world)
    return {one.what: one.holds for one in told(target, world, file, code)}


def told(target: Target, world: World, file: Path | None, code: str) -> list[Verified]:
    return verify_document(target, release(world), file=file, check_code=code)


def test_what_is_as_it_was_sent_is_said_to_be(world: World, tmp_path: Path) -> None:
    released = release(world)
    electronic = read_electronic(released, register=world.register, objects=world.objects)
    assert electronic is not None
    for key in (pdf_key(released), electronic_key(released, electronic), released.document.key):
        file = tmp_path / f"{released.number}.bin"
        file.write_bytes(world.objects.get(key))
        assert (
            verify(world, file, released.document.digest)
            == {
                "record": True,
                "check code": True,
                "file": True,
                "PDF": True,
                "electronic document": True,
            }
            | ARCHIVED
        )


@pytest.mark.parametrize(
    "spell", [str, str.upper, lambda code: " ".join(code[:16]), lambda code: f"{code[:8]}-{code[8:20]}"]
)
def test_a_check_code_is_read_as_people_type_it(world: World, spell: Any) -> None:
    assert verify(world, code=spell(release(world).document.digest))["check code"]


def test_a_code_of_another_document_is_refused_and_one_that_is_none_is_said_to_be_none(world: World) -> None:
    digest = release(world).document.digest
    other = digest[:20] + ("0" if digest[20] != "0" else "1") + digest[21:]
    assert not verify(world, code=other)["check code"]
    for text in (digest[:15], "no code", digest + "0"):
        with pytest.raises(OpsError, match="a check code has 16 signs"):
            verify(world, code=text)


def test_a_file_that_was_touched_is_none_that_was_sent(world: World, tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    file.write_bytes(world.objects.get(pdf_key(release(world))) + b" ")
    assert not verify(world, file)["file"]


def test_what_is_stored_otherwise_than_it_was_sent_is_named(world: World) -> None:
    released = release(world)
    world.objects.items[pdf_key(released)] = b"%PDF another one"
    assert verify(world) == {"record": True, "PDF": False, "electronic document": True} | ARCHIVED
    world.objects.items[released.document.key] = b"{}"
    assert not verify(world)["record"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("SKY-US-2013-000001.pdf", "SKY-US-2013-000001"),
        ("SKY-US-2013-000001-lines.csv", "SKY-US-2013-000001"),
        ("SKY-EU-2013-000003.xml", "SKY-EU-2013-000003"),
    ],
)
def test_the_name_of_a_file_says_whose_it_is(name: str, number: str) -> None:
    assert number_of_file(Path("folder") / name) == number
