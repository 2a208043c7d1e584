"""A person's decision about a dispute: what is upheld is credited, through the approvals of every credit note."""

from billproof.api.calls import api_call
from billproof.api.routes import RouteCall
from billproof.approvals.asking import known_person
from billproof.approvals.asking_credits import ask_for_credit
from billproof.composition import Composition
from billproof.invoicing.credit_requests import WantedCredit
from billproof.receivables.dispute_notes import DisputeAnswer, DisputeDecision


@api_call(DisputeDecision, name="resolve_dispute")
def handler(call: RouteCall[DisputeDecision], ports: Composition) -> DisputeAnswer:
    """Keep the decision, and ask for the credit note that it leads to, in the name of the caller."""
    wanted = call.request
    person = known_person(ports.policies, wanted.legal_entity, call.caller.identity)
    from billproof.approvals.outdated import is_refused
    from billproof.invoicing.held import RequestedCredit
    from billproof.pipeline.issue_days import today_of
    from billproof.receivables.disputing import resolve_dispute

    def refused(credit: RequestedCredit) -> bool:
        return is_refused(credit, register=ports.register, exception_store=ports.exception_store)

    def ask(credit: WantedCredit) -> str:
        return ask_for_credit(
            credit,
            caller=call.caller.identity,
            policies=ports.policies,
            requests=ports.requests,
            register=ports.register,
            directory=ports.directory,
            objects=ports.objects,
            cash_book=ports.cash_book,
            exception_store=ports.exception_store,
            workflows=ports.exceptions,
            now=ports.now(),
        ).document

    return resolve_dispute(
        wanted,
        decided_by=person.id,
        receivables=ports.cash_sources().receivables(wanted.legal_entity),
        book=ports.dispute_book,
        is_refused=refused,
        ask=ask,
        today=today_of(ports.directory.legal_entity(wanted.legal_entity), ports.now()),
    )
