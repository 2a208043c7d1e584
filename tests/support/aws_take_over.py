"""Taking over another business, played over moto: part of what every handler does once."""

from datetime import UTC, date, datetime

from billproof.opening.packing import packed
from billproof_ops.demo import story
from tests.support.aws_chain import Chain
from tests.support.openings import opening_of


def take_over(chain: Chain) -> None:
    """Take over a third business: check it, propose it, confirm it; each twice, and recognise what it deferred."""
    demo = story.master_data()
    like, account = demo.legal_entities[0], demo.accounts[0]
    chart = like.chart_of_accounts.model_copy(update={"opening": "3990", "customer_balance": "2300"})
    update = {"id": "skymeter-asia", "number_prefix": "SKY-AP", "bills_from": date(2013, 4, 1)}
    entity = like.model_copy(update={**update, "chart_of_accounts": chart})
    chain.publish(entity, account.model_copy(update={"id": "NH", "legal_entity": entity.id, "version": 1}))
    chain.adopt(demo.policies[0].model_copy(update={"id": entity.id, "version": 1}))
    opening = packed(opening_of(entity.id, "NH"))
    for step in ("check", "propose", "propose"):
        state = chain.ask("take_over_business", {"step": step, "packed": opening}, "carla", legal_entity=entity.id)
    for _ in range(2):
        asked = {"step": "confirm", "digest": state["digest"]}
        assert chain.ask("take_over_business", asked, "ben", legal_entity=entity.id)["outcome"] == "in_effect"
    chain.now = datetime(2013, 5, 5, tzinfo=UTC)
    for function in ("recognize_revenue", "reconcile"):
        chain.call(function, {"legal_entity": entity.id})
    chain.lose(f"invoices/{entity.id}/")
    asked = {"step": "confirm", "digest": state["digest"]}
    chain.ask("take_over_business", asked, "ben", legal_entity=entity.id)  # its document is lost
