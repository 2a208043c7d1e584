"""Files of banks, gateways, CRMs and of a business that is taken over, damaged: each is refused by name, or read."""

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from billproof.adapters.bank_files.csv_advice import parse_advices
from billproof.adapters.bank_files.csv_settlement import parse_settlement
from billproof.adapters.bank_files.parsing import parse_statement
from billproof.crm.mapping import map_order
from billproof.masterdata.gateways import GatewayAccount
from billproof.payments.statements import BankStatement
from billproof_ops.master_files import read_files
from billproof_ops.opening_files import read_opening_files
from billproof_ops.order_files import read_orders
from billproof_ops.paths import ROOT
from billproof_ops.usage_files import Mapping, lines
from tests.support.advices import WITH_TOTALS
from tests.support.bank_files import CSV_FORMAT, bai2, camt, csv_file, mt940
from tests.support.crm import mapping
from tests.support.damaging import damaged, damaged_file
from tests.support.drawn_statements import drawn_statement
from tests.support.fuzzing import fuzz
from tests.support.gateways import GATEWAY, HEAD
from tests.support.world import INC


def statements(write: Callable[[BankStatement], bytes]) -> Callable[[], list[bytes]]:
    return lambda: [write(drawn_statement(seed)) for seed in range(5)]


def advices() -> list[bytes]:
    head = "Payment,Day,Invoice,Amount,Total\n"
    rows = ("run-1,2013-02-14,SKY-US-2013-000001,30.00,40.00\n", "run-1,2013-02-14,SKY-US-2013-000002,10.00,40.00\n")
    return [(head + "".join(rows)).encode(), (head + "run-2,2013-02-15,SKY-US-2013-000003,1.00,1.00\n").encode()]


def reports() -> list[bytes]:
    rows = (
        "2013-02-04,charge,ch-1,,po-1,30.00,1.17,United,SKY-US-2013-000001",
        "2013-02-05,refund,re-1,ch-1,po-1,-10.00,,,",
        "2013-02-05,chargeback,dp-1,ch-2,po-1,-30.00,,,",
        "2013-02-07,payout,po-1,,,-47.66,,,",
    )
    return ["\n".join((HEAD, *rows)).encode()]


def read_report(data: bytes) -> None:
    parse_settlement(data, INC, GatewayAccount.model_validate(GATEWAY))


def examples(*patterns: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for pattern in patterns for path in sorted((ROOT / "examples").glob(pattern))]


def as_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Read bytes from a file of a name, as a command does."""

    def parse(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            read(path)

    return parse


def read_opening(path: Path) -> None:
    """Read the example's opening with one file of it that is damaged: whichever it is."""
    for sound in sorted((ROOT / "examples" / "taking-over" / "opening").glob("*.csv")):
        if sound.read_bytes().split(b"\n")[0] != path.read_bytes().split(b"\n")[0]:
            (path.parent / sound.name).write_bytes(sound.read_bytes())
    damaged_one = path.parent / "receivables.csv"
    path.rename(damaged_one)
    read_opening_files(path.parent)


def map_orders(path: Path) -> None:
    """Read orders, as Salesforce and HubSpot have them or as rows, and make contracts of them."""
    for order in read_orders(path, system="salesforce"):
        map_order(order, mapping(order.system))


FILES: dict[str, tuple[Callable[[], list[bytes]], Callable[[bytes], object]]] = {
    "CAMT": (statements(camt), parse_statement),
    "MT940": (statements(mt940), parse_statement),
    "BAI2": (statements(bai2), parse_statement),
    "CSV of banks": (statements(csv_file), lambda data: parse_statement(data, CSV_FORMAT)),
    "CSV of advices": (advices, lambda data: parse_advices(data, INC, WITH_TOTALS)),
    "settlement reports": (reports, read_report),
    "openings": (examples("taking-over/opening/*.csv"), as_file("x.csv", read_opening)),
    "CSV of orders": (examples("crm/*.csv"), as_file("x.csv", map_orders)),
    "JSON of orders": (examples("crm/*.json"), as_file("x.json", map_orders)),
    "YAML of master data": (
        examples("crm/*.yaml", "taking-over/publish/*"),
        as_file("x.yaml", lambda path: read_files([path])),
    ),
    "CSV of usage": (
        examples("taking-over/*.csv"),
        as_file("x.csv", lambda path: list(lines(path, "csv", Mapping(source="s", type="t")))),
    ),
}


@pytest.mark.parametrize("parser", FILES)
def test_a_damaged_file_is_refused_by_name_and_raises_nothing_else(parser: str) -> None:
    sound, parse = FILES[parser]
    fuzz(parser, sound(), damaged_file, parse)


def test_a_damaged_order_of_a_crm_is_refused_by_name_and_raises_nothing_else() -> None:
    """Its values, as a CRM may have them: not only its bytes."""
    documents = [json.loads(data, parse_float=str) for data in examples("crm/*.json")()]

    def damage(document: Any, chance: random.Random) -> bytes:
        return damaged(document, chance).encode(errors="surrogatepass")

    fuzz("orders of CRMs", documents, damage, as_file("x.json", map_orders))
