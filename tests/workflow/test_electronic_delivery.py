"""Documents in electronic forms reach their customers once, with the PDF, or a person is told why they do not."""

import email
import json
from email.policy import SMTP

import pytest

from billproof.errors import NotExpressible, NotFound, ObjectUnreadable, RulesBroken
from billproof.invoicing.delivery import Delivery, HandedOn
from billproof.invoicing.delivery_events import ProblemKind, delivery_problems
from billproof.invoicing.electronic import ElectronicDocument
from billproof.invoicing.electronic_delivery import read_electronic
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.model import Invoice, Released
from tests.support.histories_of_documents import GERMAN, SPANISH, billed, hand_on, send
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return billed()


def attachments(mail: bytes) -> list[str | None]:
    return [part.get_filename() for part in email.message_from_bytes(mail, policy=SMTP).iter_attachments()]


def test_the_pdf_is_kept_and_a_message_asks_for_the_form(world: World) -> None:
    assert isinstance(hand_on(world), HandedOn)
    assert [json.loads(body)["invoice"] for body in world.einvoices.bodies] == [GERMAN]
    assert world.mailer.sent == []
    assert world.register.fact(GERMAN, DELIVERED) is None


def test_the_form_is_mailed_with_the_pdf_once(world: World) -> None:
    hand_on(world)
    first, second = send(world), send(world)
    assert first == second
    assert first.electronic_key == "documents/skymeter-europe/2013-01/SKY-EU-2013-000003.xml"
    ((to, mail),) = world.mailer.sent
    assert to == "ap@us.example"
    assert attachments(mail) == ["SKY-EU-2013-000003.xml", "SKY-EU-2013-000003.pdf"]


def test_the_form_is_read_back_as_it_was_sent_or_not_at_all(world: World) -> None:
    def read() -> ElectronicDocument | None:
        released = world.register.released(GERMAN)
        assert released is not None
        return read_electronic(released, register=world.register, objects=world.objects)

    assert read() is None
    hand_on(world)
    key = send(world).electronic_key
    assert key is not None
    document = read()
    assert document is not None
    assert document.data == world.objects.get(key)
    world.objects.items[key] = b"<Invoice/>"
    with pytest.raises(ObjectUnreadable):
        read()
    del world.objects.items[key]
    with pytest.raises(ObjectUnreadable):
        read()


def test_a_factur_x_is_its_own_pdf(world: World) -> None:
    hand_on(world, SPANISH)
    send(world, SPANISH)
    ((_, mail),) = world.mailer.sent
    assert attachments(mail) == ["SKY-EU-2013-000001-factur-x.pdf"]


def test_what_was_delivered_is_not_handed_on_again(world: World) -> None:
    hand_on(world)
    send(world)
    assert isinstance(hand_on(world), Delivery)
    assert len(world.einvoices.bodies) == 1


def test_a_message_of_before_the_pdf_waits_for_it(world: World) -> None:
    with pytest.raises(NotFound):
        send(world)
    with pytest.raises(NotFound, match="not released"):
        send(world, f"{GERMAN}X")


def breaks(error: Exception) -> object:
    def make(_invoice: Invoice, _released: Released, _pdf: bytes) -> ElectronicDocument:
        raise error

    return make


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RulesBroken("the document breaks rules", rules="BR-DE-15"), "BR-DE-15"),
        (NotExpressible("two orders", term="BT-13"), "BT-13"),
    ],
)
def test_a_document_that_its_form_does_not_take_is_a_fact_and_not_sent(
    world: World, error: Exception, said: str
) -> None:
    hand_on(world)
    for _ in range(2):
        with pytest.raises(type(error)):
            send(world, make=breaks(error))  # type: ignore[arg-type]
    facts = world.register.facts(GERMAN)
    assert facts is not None
    (problem,) = delivery_problems(facts)
    assert (problem.kind, said in problem.reason) == (ProblemKind.UNFIT, True)
    assert world.mailer.sent == []
    assert not facts.is_delivered


def test_a_document_that_lacks_what_its_form_wants_takes_no_number() -> None:
    """The routing id is gone from the account: its invoice is held, and the number goes to nobody."""
    world = World()
    account = world.directory.account("US")
    assert account is not None
    assert account.documents is not None
    without = account.documents.model_copy(update={"buyer_reference": None})
    world.publish(account.model_copy(update={"version": 2, "documents": without}))
    statement = world.bill("skymeter-europe")
    assert world.register.released(GERMAN) is None
    paths = {finding.path for finding in statement.findings if finding.code == "document_item_missing"}
    assert paths == {"buyer_reference"}
