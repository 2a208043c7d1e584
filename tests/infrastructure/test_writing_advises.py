"""No text reaches money: what runs in Lambda cannot load a writer, and a writer can write nothing but text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from billproof.writing.port import TextWriter
from billproof_ops.paths import ROOT
from tests.support.sources import nodes

WRITING = "billproof.writing"
READ = {
    "billproof.approvals.variances": {"amount_of", "variances_of"},
    "billproof.contracts.history": {"TermChange", "changes"},
    "billproof.contracts.model": {"Contract"},
    "billproof.errors": {"InternalError", "InvalidInput", "NotFound"},
    "billproof.findings": {"VarianceCategory"},
    "billproof.invoicing.model": {"Invoice", "InvoiceLine"},
    "billproof.masterdata.parties": {"Account", "LegalEntity"},
    "billproof.model": {"Model", "decimal_text"},
    "billproof.money": {"Money"},
    "billproof.periods": {"Period"},
    "billproof.pipeline.model": {"RunStatement"},
    "billproof.pipeline.month_facts": {"OpenPoint", "SignOff"},
    "billproof.pricing.models.base": {"Step"},
    "billproof.receivables.disputes": {"DisputeCause", "DisputeState", "DisputeStatus", "OpenedDispute"},
    "billproof.reconciliation.model": {"Cause", "Reconciliation", "Variance"},
}
"""All that writing knows of the rest: frozen models, and pure functions over them. No store, no queue, no use case."""
MAY_USE = {"shared/billproof/adapters/aws/bedrock.py", "ops/billproof_ops/writing.py", "ops/billproof_ops/cli_write.py"}
BEDROCK = "billproof.adapters.aws.bedrock"


def imports(path: Path) -> Iterator[tuple[str, str]]:
    for node in nodes(path.read_text()):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def users(name: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in modules("shared", "functions", "ops", "lab", "clients")
        if any(f"{module}.{what}".startswith(f"{name}.") or module == name for module, what in imports(path))
    }


def test_only_the_command_and_the_adapter_it_calls_use_a_writer() -> None:
    outside = {path for path in users(WRITING) if not path.startswith("shared/billproof/writing/")}
    assert outside == MAY_USE
    assert users(BEDROCK) == {"ops/billproof_ops/writing.py"}


def test_what_writes_reads_models_and_nothing_that_stores_sends_or_decides() -> None:
    read: dict[str, set[str]] = {}
    for path in modules("shared/billproof/writing"):
        for module, name in imports(path):
            if module.startswith("billproof.") and not module.startswith(WRITING):
                read.setdefault(module, set()).add(name)
    assert read == READ


def test_the_port_of_a_writer_returns_a_text_and_takes_nothing_to_write_to() -> None:
    verbs = {name for name in vars(TextWriter) if not name.startswith("_")}
    assert verbs == {"name", "is_outside", "write"}
    assert set(TextWriter.write.__annotations__) == {"sources", "refused", "return"}


@pytest.mark.parametrize("folder", ["statemachines", "template.yaml"])
def test_no_role_or_workflow_of_the_stack_calls_bedrock(folder: str) -> None:
    place = ROOT / folder
    texts = [path.read_text().lower() for path in (place.rglob("*.json") if place.is_dir() else [place])]
    assert texts
    assert not [text for text in texts if "bedrock" in text]
