"""Ordinals past 999 have more digits, and text of more digits sorts before: what is read is put in order by number."""

from billproof.approvals.exception_store import TOKEN, ExceptionStore, Token, superseded_by
from billproof.approvals.model import RUN_SUBJECT, ExceptionRecord, Kind
from billproof.identities import ExceptionId, InvoiceId, RunId
from billproof.invoicing.facts import HELD, RELEASED, InvoiceFacts, fact_key, held_by
from billproof.invoicing.held import HeldInvoice
from billproof.invoicing.model import PeriodBilling
from billproof.invoicing.register import Register
from billproof.pipeline.starting import run_ids
from billproof.ports import Key, Record
from billproof.store_keys import ExceptionFactKey, ExceptionOrdinal, FactName, RunKey, SlotKey
from tests.support.fakes import MemoryRecords
from tests.support.world import INC, JANUARY, World

UA = f"{INC}.{JANUARY}.UA"
NUMBERS = (998, 999, 1000, 1001)


def test_the_last_run_is_the_one_with_the_largest_number() -> None:
    world = World()
    for number in NUMBERS:
        run_id = str(RunId(INC, JANUARY, number))
        key = Key(f"runs#{INC}#{JANUARY}", str(RunKey(number)))
        world.runs.create(Record(key, {"run_id": run_id, "planned_at": "2013-02-03T00:00:00Z", "only_accounts": []}))
        world.runs.create(Record(Key(key.partition, str(RunKey(number, "closed"))), {"run_id": run_id}))
    assert run_ids(world.runs, INC, JANUARY) == [str(RunId(INC, JANUARY, number)) for number in NUMBERS]


def test_billings_of_a_month_and_credit_notes_are_in_their_order() -> None:
    records = MemoryRecords()
    register = Register(records)
    for number in reversed(NUMBERS):
        credit = InvoiceId(INC, JANUARY, "UA", credit=number)
        billing = PeriodBilling(
            period=JANUARY, ordinal=number, invoice=str(credit), number=f"N-{number}", run=f"{INC}-{JANUARY}-001"
        )
        slot = str(SlotKey(JANUARY, number))
        records.create(Record(Key(f"account#{INC}#UA", slot), billing.model_dump(mode="json")))
        records.create(Record(fact_key(credit, RELEASED), {}))
    assert [billing.ordinal for billing in register.settlements(INC, "UA")] == list(NUMBERS)
    credits_of = register.credits(f"{INC}.{JANUARY}.UA")
    assert [facts.id.credit for facts in credits_of] == list(NUMBERS)


def exception(ordinal: ExceptionOrdinal) -> ExceptionRecord:
    return ExceptionRecord(
        id=str(ExceptionId(INC, JANUARY, RUN_SUBJECT, str(ordinal))),
        kind=Kind.RUN,
        legal_entity=INC,
        period=JANUARY,
        subject=RUN_SUBJECT,
        run=str(RunId(INC, JANUARY, ordinal.run)),
        batch=None,
        requested_by="ana",
        amount=None,
        findings=(),
        can_approve=True,
        opened_at="2013-02-03T00:00:00Z",
    )


def test_the_last_exception_supersedes_the_others() -> None:
    store = ExceptionStore(MemoryRecords(), MemoryRecords())
    ordinals = [ExceptionOrdinal(999), ExceptionOrdinal(999, attempt=99), ExceptionOrdinal(999, attempt=100)]
    ordinals += [ExceptionOrdinal(1000), ExceptionOrdinal(1000, attempt=1)]
    for ordinal in reversed(ordinals):
        store.open(exception(ordinal))
    states = store.of_subject(INC, JANUARY, RUN_SUBJECT)
    assert [state.opened.id for state in states] == [exception(ordinal).id for ordinal in ordinals]
    assert superseded_by(states[0], states) == exception(ordinals[-1]).id
    assert superseded_by(states[-1], states) is None


def test_the_last_token_is_answered() -> None:
    records = MemoryRecords()
    store = ExceptionStore(records, MemoryRecords())
    opened = exception(ExceptionOrdinal(1))
    store.open(opened)
    document: dict[str, str] = {}
    for number in (9_998, 9_999, 10_000):
        key = ExceptionFactKey(RUN_SUBJECT, "001", str(FactName(TOKEN, f"{number:04d}")))
        document = {"token": f"token {number}", "given_at": opened.opened_at}
        records.create(Record(Key(f"exceptions#{INC}#{JANUARY}", str(key)), document))
    assert document["token"].endswith("10000")
    assert store.last_token(opened.id) == Token.model_validate(document)


def test_an_invoice_is_held_by_the_last_run_that_held_it() -> None:
    runs = [str(RunId(INC, JANUARY, number)) for number in NUMBERS]
    held = [HeldInvoice(invoice=UA, account="UA", run=run, document=None, findings=()) for run in runs]
    facts = InvoiceFacts(InvoiceId.parse(UA), {held_by(fact.run): fact.model_dump(mode="json") for fact in held})
    assert facts.held == held[-1]
    assert facts.names(HELD) == [held_by(run) for run in sorted(runs)]
