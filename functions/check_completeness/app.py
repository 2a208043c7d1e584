"""The gate of a billing run: whether everything arrived. Every morning, ids of several runs and doubled accounts."""

from billproof.completeness.ids_elsewhere import IdsCompared, compare_ids
from billproof.completeness.model import CompletenessResult
from billproof.completeness.one_customer import AccountsCompared, PairSources, compare_accounts
from billproof.completeness.service import check_completeness
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model


class CheckRequest(Model):
    """A run; without one, whether runs have ids in common, and which accounts are alike."""

    run_id: str | None = None


class MorningCheck(Model):
    """What the check of every morning compared."""

    ids: IdsCompared
    accounts: AccountsCompared


@step(CheckRequest, name="check_completeness")
def handler(request: CheckRequest, ports: Composition) -> CompletenessResult | MorningCheck:
    """Compare the run with control totals and history; what is missing becomes an exception."""
    if request.run_id is None:
        compared = compare_ids(objects=ports.objects, records=ports.runs, directory=ports.directory, now=ports.now())
        accounts = compare_accounts(_pair_sources(ports))
        count("CompletenessFindings", compared.findings)
        count("AlikeAccounts", accounts.waiting)
        return MorningCheck(ids=compared, accounts=accounts)
    result = check_completeness(
        run_id=request.run_id,
        objects=ports.objects,
        records=ports.runs,
        exception_store=ports.exception_store,
        now=ports.now(),
    )
    count("CompletenessFindings", result.findings)
    return result


def _pair_sources(ports: Composition) -> PairSources:
    return PairSources(
        directory=ports.directory,
        register=ports.register,
        exception_store=ports.exception_store,
        workflows=ports.exceptions,
        now=ports.now(),
    )
