"""Ids and keys are put together by value objects, and a class's name is one class."""

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.support.sources import nodes

ROOT = Path(__file__).parents[2]
PRINTING = {"shared/billproof/identities.py", "shared/billproof/store_keys.py", "shared/billproof/usage/keys.py"}
"""Where identities and keys print themselves."""
SEPARATORS = set("#/:~.@")
KIND = re.compile(r"([a-z-]+#)+")
"""What the name of a partition, or the key of a fact, begins with."""
NEVER_READ_BACK = {
    "shared/billproof/adapters/stripe/payments.py": "a key of Stripe's idempotency, which is compared as a whole",
    "shared/billproof/adapters/aws/sqs.py": "the address of a queue, as SQS makes it of an ARN",
    "shared/billproof/adapters/sap/rest.py": "the paths of SAP's services, and what OAuth calls a client",
    "shared/billproof/adapters/tryton/rest.py": "the path of a record in Tryton",
    "shared/billproof/erp/plain_text.py": "the name of an account in a journal for other programs",
    "shared/billproof/completeness/service.py": "a finding's path, for people",
    "shared/billproof/completeness/changed_shapes.py": "a finding's path, for people",
    "shared/billproof/adapters/pages/document_page.py": "the address of a file of a page",
    "shared/billproof/opening/receivables.py": "the period of an invoice of the system of before",
    "shared/billproof/invoicing/links.py": "the token of a link, of which a part is random, and the address of a page",
    "shared/billproof/payments/statements.py": "the reference of a receipt, which is compared as a whole",
    "shared/billproof/contracts/history.py": "the paths of changed terms, for people",
    "shared/billproof/events/model.py": "the type of an event, which is compared as a whole",
    "shared/billproof/erp/declaring.py": "a reference at the external tax engine, kept for ever",
    "shared/billproof/pipeline/usages.py": "the name of a part of an artefact",
    "shared/billproof/reconciliation/service.py": "what was reconciled, for the log",
    "shared/billproof/webhooks/signing.py": "what a signature signs, as the standard has it",
    "shared/billproof/crm/checking.py": "a finding's path, for people",
    "shared/billproof/completeness/one_customer.py": "the pair of an exception, for the count of approvals",
    "shared/billproof/crm/hints.py": "the identity of a CRM's event, which is compared as a whole",
    "shared/billproof/crm/waiting.py": "the order of an exception, for people and for the count of approvals",
    "shared/billproof/tax/port.py": "the key of a calculation, which is compared as a whole",
}
"""Where two names, none of which can hold the separator, make a text that nobody takes apart."""
TAKEN_APART = {
    "shared/billproof/invoicing/delivery.py": "the name of a file in the key of its object",
    "shared/billproof/insights/incidents/facts.py": "the CRM that the path of a finding names, for people",
    "shared/billproof/adapters/bank_files/mt940_details.py": "the account and the name of who paid, in a bank's file",
    "shared/billproof/adapters/bank_files/xml_tree.py": "the path of an element in a message",
    "shared/billproof/adapters/aws/sqs.py": "the ARN of a queue",
    "shared/billproof/adapters/stripe/tax.py": "the day in the version of Stripe's API",
    "shared/billproof/api/greedy.py": "the path of a call, whose parts are names as API Gateway unescaped them",
    "shared/billproof/api/customer_pages.py": "the path of a page: its token, and what of it is asked for",
    "shared/billproof/approvals/waiting.py": "the domain of a mail address",
    "shared/billproof/invoicing/links.py": "the document in the token of a link: what it names is read as an id",
    "shared/billproof/invoicing/mails.py": "the domain of a mail address",
    "shared/billproof/model.py": "the digits of a number",
    "shared/billproof/invoicing/annex_parquet.py": "the digits of a number",
    "shared/billproof/adapters/hubspot/webhooks.py": "the kind of object in the type of an event of HubSpot",
    "shared/billproof/completeness/alike_accounts.py": "the domain of a mail address",
    "shared/billproof/crm/mapping.py": "the digits of a number",
    "shared/billproof/usage/log.py": "the days and marks of the usage log, which read themselves back there",
}
"""Where a text is divided at a separator outside the value objects, and what it is."""


def joined_by_hand(text: str) -> Iterator[str]:
    """Yield the f-strings that begin with two values and nothing but a separator between them."""
    for node in nodes(text):
        match node:
            case ast.JoinedStr(
                values=[ast.FormattedValue(), ast.Constant(value=str(between)), ast.FormattedValue(), *_]
            ) if between in SEPARATORS:
                yield ast.unparse(node)


def partitions_by_hand(text: str) -> Iterator[str]:
    """Yield the f-strings that put a separator of keys between a kind and a value, as names of partitions have."""
    for node in nodes(text):
        match node:
            case ast.JoinedStr(values=[ast.Constant(value=str(kind)), ast.FormattedValue(), *_]) if (
                KIND.fullmatch(kind) is not None
            ):
                yield ast.unparse(node)


def taken_apart(text: str) -> Iterator[str]:
    """Yield the calls that divide a text at a separator of ids."""
    for node in nodes(text):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="split" | "rsplit" | "partition" | "rpartition"),
                args=[ast.Constant(value=str(at)), *_],
            ) if at in SEPARATORS:
                yield ast.unparse(node)


def code(*folders: str) -> dict[str, str]:
    """Return the text of every module below some folders, by its path."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


def classes_of_one_name(modules: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Return the names that several classes have, with the modules that define them."""
    classes = sorted(
        (node.name, path) for path, text in modules.items() for node in nodes(text) if isinstance(node, ast.ClassDef)
    )
    by_name = ((name, [path for _, path in same]) for name, same in groupby(classes, key=lambda item: item[0]))
    return [(name, paths) for name, paths in by_name if len(paths) > 1]


def test_ids_and_keys_are_put_together_by_value_objects() -> None:
    modules = code("shared", "functions")
    assert modules.keys() >= PRINTING
    joining = {path for path, text in modules.items() if any(joined_by_hand(text))} - PRINTING
    assert joining == NEVER_READ_BACK.keys()


def test_names_of_partitions_are_put_together_where_they_are_read() -> None:
    modules = code("shared", "functions", "ops")
    assert {path for path, text in modules.items() if any(partitions_by_hand(text))} - PRINTING == set()


@pytest.mark.parametrize(
    "text", ['f"runs#{entity}#{period}"', 'f"received#account#{account}"', 'f"signed-off#{entity}"']
)
def test_a_partition_that_is_named_by_hand_is_found(text: str) -> None:
    assert len(list(partitions_by_hand(text))) == 1
    assert list(partitions_by_hand('f"| [x](#{code}) |"')) == []


def test_ids_and_keys_are_read_by_value_objects() -> None:
    modules = code("shared", "functions")
    dividing = {path for path, text in modules.items() if any(taken_apart(text))}
    assert dividing - PRINTING == TAKEN_APART.keys()


@pytest.mark.parametrize("text", ['key.split("#", 2)', 'name.partition(":")[2]', 'path.rsplit("/", 1)'])
def test_an_id_that_is_taken_apart_by_hand_is_found(text: str) -> None:
    assert list(taken_apart(text))
    assert not list(taken_apart("text.split()"))


@pytest.mark.parametrize("text", ['f"{contract}/{charge}"', 'f"{contract.id}#{contract.version:03d}#{fact}"'])
def test_ids_that_are_joined_by_hand_are_found(text: str) -> None:
    assert len(list(joined_by_hand(text))) == 1


@pytest.mark.parametrize("text", ['f"{amount} short of {total}"', 'f"runs/{run}/{part}"', 'f"{code}: {message}"'])
def test_a_sentence_and_a_key_with_a_name_of_its_own_are_no_ids(text: str) -> None:
    assert list(joined_by_hand(text)) == []


def open_at_the_end(text: str) -> Iterator[str]:
    """Yield the patterns that end with `$`, which lets a line end after the text pass: fullmatch takes whole texts."""
    for node in nodes(text):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[ast.Constant(value=str(pattern)), *_]) if (
                pattern.endswith("$")
            ):
                yield pattern


def test_patterns_take_whole_texts() -> None:
    modules = code("shared", "functions", "ops")
    assert [pattern for text in modules.values() for pattern in open_at_the_end(text)] == []
    assert list(open_at_the_end('TIME = re.compile(r"^[0-9]+$")')) == ["^[0-9]+$"]


def test_no_two_classes_have_one_name() -> None:
    assert classes_of_one_name(code("shared", "functions", "ops")) == []


def test_two_classes_of_one_name_are_found() -> None:
    modules = {"a.py": "class Difference: ...", "b.py": "class Difference: ...\nclass Other: ..."}
    assert classes_of_one_name(modules) == [("Difference", ["a.py", "b.py"])]
