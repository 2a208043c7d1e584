"""Ids, cursors, signatures and times that callers send as text, damaged; and that no reader of outside text is missed.

What decodes bytes or text is told by what it calls: each is fuzzed, or reads only what the product itself wrote.
"""

import ast
import contextlib
import json
import random
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from billproof.adapters.aws.dead_letters import read_line
from billproof.adapters.http_calls import HttpAnswer
from billproof.adapters.sap.rest import _read as read_sap
from billproof.adapters.stripe.signatures import is_signed
from billproof.adapters.tryton.tagged import decode
from billproof.api.pages import AskedPage, cursor_of, place_of_cursor
from billproof.api.problems import Problem
from billproof.approvals.incident_id import IncidentId
from billproof.errors import BillproofError, NotFound
from billproof.events.identity import EventId
from billproof.identities import ContractPath, ExceptionId, InvoiceId, LineId, RunId, TermName
from billproof.invoicing.links import opened_by
from billproof.invoicing.register import Register
from billproof.invoicing.series import DocumentNumber
from billproof.letters import masked
from billproof.periods import Period, read_instant
from billproof_ops.paths import ROOT
from tests.support.damaging import HOSTILE, damaged
from tests.support.fakes import MemoryRecords
from tests.support.fuzzing import fuzz
from tests.support.world import NOW

PIECES = (*string.punctuation, *string.digits, "\n", "\x00", "\u0665", "\ud800", "%", "%3A", "%zz", "..", "~01", "_run")


def damaged_text(text: Any, chance: random.Random) -> str:
    """Damage a text once to three times: letters are removed, repeated and put in; now and then it is another one."""
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(text) + 1)
        match chance.randrange(8):
            case 0:
                text = text[:place]
            case 1:
                text = text[:place] + text[place:] * chance.choice([2, 300])
            case 2:
                other = chance.choice(HOSTILE)
                text = other if isinstance(other, str) else json.dumps(other)
            case 3:
                text = text[:place] + text[place + 1 :]
            case _:
                text = text[:place] + chance.choice(PIECES) + text[place:]
    return str(text)


def as_printed(parse: Callable[[str], object]) -> Callable[[str], None]:
    """What is read prints itself as it was written: no two texts name one thing."""

    def read(text: str) -> None:
        assert str(parse(text)) == text

    return read


def turn_page(text: str) -> None:
    with contextlib.suppress(Problem):
        place_of_cursor(text, AskedPage())


def read_answer(text: str) -> None:
    with contextlib.suppress(ValueError):  # what its one caller expects of it
        decode(text.encode(errors="surrogatepass"))


def verify_signature(text: str) -> None:
    assert not is_signed(b"{}", text, secrets=["whsec"], now=NOW)


def open_a_page(text: str) -> None:
    """A damaged token opens nothing, and what is wrong with it is not said."""
    with pytest.raises(NotFound, match=r"^there is no such page$"):
        opened_by(text, Register(MemoryRecords()), now=NOW)


ANSWER = {
    "amount": {"__class__": "Decimal", "decimal": "12.50"},
    "date": {"__class__": "date", "year": 2013, "month": 2, "day": 1},
    "rows": [{"id": 1}],
}
INVOICES = ["skymeter-inc.2013-01.UA", "skymeter-inc.2013-01.UA~01", "a%2Eb.2013-01.UA"]
TEXTS: dict[str, tuple[list[str], Callable[[str], object]]] = {
    "RunId": (["skymeter-inc-2013-01-001"], as_printed(RunId.parse)),
    "InvoiceId": (INVOICES, as_printed(InvoiceId.parse)),
    "IncidentId": (["skymeter-inc.2013-02.source.eu%2Fgateway.usage_cut"], as_printed(IncidentId.parse)),
    "ExceptionId": (["skymeter-inc.2013-01._run.001-01", "e.2013-01.UA.001"], as_printed(ExceptionId.parse)),
    "ContractPath": (["UA-2013/fee", "a%2Fb/2013-01"], as_printed(ContractPath.parse)),
    "TermName": (["fee@2013-01-05", "a%3Ab"], TermName.parse),
    "LineId": (["miles:2013-01:EWR", "difference:off:miles:2013-01@2013-01-05:EWR"], as_printed(LineId.parse)),
    "DocumentNumber": (["SKY-US-2013-000001"], DocumentNumber.parse),
    "EventId": (["evt_skymeter-inc_3_41_0_0"], as_printed(EventId.parse)),
    "Period": (["2013-01"], Period.month),
    "read_instant": (["2013-01-05T17:00:00Z", "2013-01-05T17:00:00.5+05:30"], read_instant),
    "place_of_cursor": ([cursor_of(AskedPage(limit=5, cursor="x"))], turn_page),
    "masked": (['{"name": "Ada", "rows": [{"id": 1.5}]}', "letter 07", "<Document>"], masked),
    "read_line": (['{"message_id": "m", "error": "no such source"}', "START RequestId: 1", "[" * 100_000], read_line),
    "opened_by": (["c2t5bWV0ZXItaW5jLjIwMTMtMDEuVUE." + "A" * 32], open_a_page),
    "is_signed": (["t=1359806400,v1=5257a869e7", "t=1359806400,v1=a,v1=b,v0=c"], verify_signature),
}


@pytest.mark.parametrize("reader", TEXTS)
def test_a_damaged_text_is_refused_by_name_and_raises_nothing_else(reader: str) -> None:
    sound, parse = TEXTS[reader]
    for text in sound:
        parse(text)
    fuzz(reader, sound, damaged_text, parse)


def test_a_damaged_answer_of_tryton_is_no_answer() -> None:
    fuzz("answers of Tryton", [ANSWER, [ANSWER]], damaged, read_answer)


def test_a_damaged_answer_of_sap_is_refused_by_name_and_raises_nothing_else() -> None:
    said = {"error": {"code": "X/1", "message": {"lang": "en", "value": "posting period 2 is not open"}}}

    def read(text: str) -> None:
        for status in (200, 201, 400, 403, 500):
            with contextlib.suppress(BillproofError):
                read_sap(HttpAnswer(status, text.encode(errors="surrogatepass")))

    fuzz("answers of SAP", [said, {"value": [said]}], damaged, read)


OF_FUNCTIONS = "by damaged sample events of every function: test_fuzzed_functions.py"
OF_PARSERS = "test_fuzzed_parsers.py"
OF_FILES = "test_fuzzed_files.py"
OF_CRMS = "test_fuzzed_crms.py"
HERE = "test_fuzzed_texts.py"
STORED = "what the product wrote: alterations are found by its digest, its list or the audit chain"
CONFIGURED = "a secret or a file that the operator wrote"
SHIPPED = "a file that is part of the product"
DECODERS: dict[str, str] = {
    "api/month_routes.py _reconciled": STORED,
    "adapters/aws/dead_letters.py read_line": HERE,
    "adapters/aws/s3_events.py read_put_object": OF_FUNCTIONS,
    "adapters/aws/ses.py read_ses_event": OF_PARSERS,
    "adapters/aws/webhooks.py attempts": STORED,
    "adapters/aws/webhooks.py health": STORED,
    "adapters/bank_files/csv_rows.py rows": OF_FILES,
    "adapters/bank_files/xml_tree.py read_xml": OF_FILES,
    "adapters/crm_calls.py _read": OF_CRMS,
    "adapters/einvoice/hybrid.py _described": STORED,
    "adapters/einvoice/making.py xml_of": STORED,
    "adapters/einvoice/rules.py _broken_of_norm": STORED,
    "adapters/einvoice/rules.py broken_rules": STORED,
    "adapters/hubspot/rest.py read_access": CONFIGURED,
    "adapters/hubspot/webhooks.py hints_of": OF_FUNCTIONS,
    "adapters/hubspot/webhooks.py of_function_url": OF_FUNCTIONS,
    "adapters/salesforce/rest.py connected": CONFIGURED,
    "adapters/sap/erp.py connected": CONFIGURED,
    "adapters/sap/rest.py _read": HERE,
    "adapters/sap/rest.py _said": HERE,
    "adapters/stripe/events.py partner_event": OF_PARSERS,
    "adapters/stripe/events.py read_event": OF_PARSERS,
    "adapters/stripe/secrets.py _parsed": CONFIGURED,
    "adapters/tryton/erp.py connected": CONFIGURED,
    "adapters/tryton/tagged.py decode": HERE,
    "letters.py masked": HERE,
    "settings.py queue_pairs": CONFIGURED,
    "wording/catalogue.py catalogue": SHIPPED,
    "api/asked.py fields_of": OF_FUNCTIONS,
    "api/asked.py text_of": OF_FUNCTIONS,
    "api/description_routes.py _read": STORED,
    "api/operation_routes.py _reconciliation": STORED,
    "api/pages.py place_of_cursor": HERE,
    "api/serving.py _kept": STORED,
    "approvals/closing_months.py _reports": STORED,
    "approvals/taking_over.py read_proposal": STORED,
    "audit/heads.py _anchor_in": STORED,
    "crm/hints.py read_crm_message": OF_PARSERS,
    "events/deriving.py _drafted": STORED,
    "handlers.py read_message": OF_PARSERS,
    "insights/keeping.py last": STORED,
    "insights/promises.py _report": STORED,
    "invoicing/annex_parquet.py _refuse_what_would_be_rounded": STORED,
    "invoicing/documents.py read_invoice": STORED,
    "invoicing/links.py _document_of": HERE,
    "invoicing/mandates.py mandates": SHIPPED,
    "invoicing/required_items.py required_items": SHIPPED,
    "invoicing/retention.py retentions": SHIPPED,
    "masterdata/directory.py read_master_data": OF_PARSERS,
    "contracts/billed_in.py _unpacked": STORED,
    "masterdata/packing.py _unpacked": STORED,
    "opening/packing.py unpacked": OF_PARSERS,
    "opening/reading.py stored_opening": STORED,
    "payments/gateway_balance.py read_balance_change": OF_PARSERS,
    "payments/service.py read_payment_event": OF_PARSERS,
    "pipeline/aggregation_plans.py read": STORED,
    "pipeline/artefacts.py read": STORED,
    "pipeline/previewing.py _copy_usage": STORED,
    "proof/parts.py prove_batch": STORED,
    "reconciliation/parts.py join_parts": STORED,
    "reconciliation/sums.py read_part": STORED,
    "snapshots.py get": STORED,
    "snapshots.py query": STORED,
    "tax/rows.py rule_set": STORED,
    "tax/rows.py nexus_thresholds": STORED,
    "tax/rows.py times_of_supply": STORED,
    "usage/buckets.py _recorded": STORED,
    "usage/compacted.py read_compaction": STORED,
    "usage/compacting.py _checked": STORED,
    "usage/discarded.py _events": OF_PARSERS,
    "usage/discarded.py _object": OF_PARSERS,
    "usage/fast_path.py _are_small": OF_PARSERS,
    "usage/fast_path.py plain_rows": OF_PARSERS,
    "usage/id_lists.py read_ids": STORED,
    "usage/log.py _intact": STORED,
    "usage/log.py is_intact": STORED,
    "usage/log.py read_quarantined": STORED,
    "usage/log.py read_segment": STORED,
    "usage/manifests.py _content": STORED,
    "usage/manifests.py is_intact": STORED,
    "usage/refused.py _almost_json": OF_PARSERS,
    "usage/refused.py dismiss": STORED,
    "usage/refused.py dismissals": STORED,
    "usage/refused.py readable_parts": OF_PARSERS,
    "usage/splitting.py split_message": OF_PARSERS,
    "usage/tallying.py conditions": STORED,
    "usage/validation.py _decode": OF_PARSERS,
    "usage/validation.py _value": OF_PARSERS,
    "usage/validation.py instant_of": OF_PARSERS,
    "webhooks/signing.py signature": STORED,
    "writing/contract_changes.py _value": STORED,
}
"""What decodes bytes or text, whether it is a function or a method, and where it is fuzzed or why it is not."""
STORED_KEYS = {"audit/model.py", "usage/keys.py", "usage/log.py", "decision_keys.py", "store_keys.py"}
"""Their classes read keys and facts that the product wrote."""
CALLS = {"loads", "validate_json", "model_validate_json", "reader", "DictReader", "ParserCreate", "b64decode"}
CALLS |= {"urlsafe_b64decode", "decompress", "decompressobj", "fromstring", "safe_load"}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    folder = ROOT / "shared" / "billproof"
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield str(path.relative_to(folder)), node


def decodes(node: ast.FunctionDef) -> bool:
    """Say whether a function calls what decodes; `_EVENT.decode` is a decoder of msgspec, `data.decode` of text."""
    called = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    attributes = [call for call in called if isinstance(call, ast.Attribute)]
    names = {call.id for call in called if isinstance(call, ast.Name)} | {call.attr for call in attributes}
    return bool(names & CALLS) or any(call.attr == "decode" and _is_constant(call.value) for call in attributes)


def _is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and (value.id.isupper() or value.id == "decoder")


def test_whatever_decodes_bytes_or_text_is_fuzzed_or_reads_what_the_product_wrote() -> None:
    assert {f"{path} {node.name}" for path, node in functions() if decodes(node)} == DECODERS.keys()
    fuzzed = {where for where in DECODERS.values() if where.endswith(".py") and " " not in where}
    assert fuzzed <= {path.name for path in Path(__file__).parent.glob("test_fuzzed_*.py")}


def test_every_class_that_reads_itself_from_text_is_fuzzed_or_is_a_key_of_the_store() -> None:
    read = {
        (path, node.name)
        for path in sorted((ROOT / "shared" / "billproof").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name == "parse"
    }
    folder = ROOT / "shared" / "billproof"
    assert {name for path, name in read if str(path.relative_to(folder)) not in STORED_KEYS} <= TEXTS.keys()
