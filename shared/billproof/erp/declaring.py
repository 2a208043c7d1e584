"""Declare the tax of a posted document, exactly once, to the external tax engine that determined it.

invoice       commit its calculations         -> the transactions are kept as a fact of the invoice
credit note   void its part of them           (its invoice must have been declared: else the message comes again)
write-off     nothing: its tax stays declared
"""

from billproof.errors import Contended, InvalidInput
from billproof.identities import InvoiceId
from billproof.invoicing.facts import DECLARED
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.invoicing.register import Register
from billproof.masterdata.parties import TaxEngineName
from billproof.model import Model
from billproof.money import Taxed
from billproof.tax.port import Engines, TaxEngine, TaxTransaction, is_of


class Declared(Model):
    """The fact that a document's tax was declared: the transactions of an invoice, by the key of their calculation."""

    transactions: dict[str, TaxTransaction]


def declare_tax(invoice: Invoice, released: Released, *, register: Register, engines: Engines) -> None:
    """Commit the tax of an invoice, or void a credit note's; to repeat it changes nothing.

    Raises InvalidInput where the engine is not set up, Contended where the invoice of a credit note is not declared
    yet, Conflict where the engine refuses, and ExternalServiceUnavailable where it does not answer.
    """
    if not invoice.tax_calculations or invoice.kind is DocumentKind.WRITE_OFF:
        return
    if register.fact(released.invoice, DECLARED) is not None:
        return
    engine = _engine(invoice.tax_engine, engines)
    if invoice.kind is DocumentKind.INVOICE:
        transactions = {
            key: engine.commit(calculation, reference=f"{released.number}/{key}")
            for key, calculation in invoice.tax_calculations.items()
        }
    else:
        transactions = {}
        known = register.fact(str(InvoiceId.parse(released.invoice).invoice), DECLARED)
        if known is None:
            message = f"the tax of {invoice.corrects} is not declared yet"
            raise Contended(message)
        for key, transaction in Declared.model_validate(known).transactions.items():
            amounts = _of(invoice, key)
            if not amounts.net.is_zero or not amounts.tax.is_zero:
                engine.void(transaction, reference=f"{released.number}/{key}", amounts=amounts)
    register.add(released.invoice, DECLARED, Declared(transactions=transactions))


def _engine(name: TaxEngineName, engines: Engines) -> TaxEngine:
    if name not in engines:
        message = f"the tax engine {name} is not set up"
        raise InvalidInput(message)
    return engines[name]


def _of(invoice: Invoice, key: str) -> Taxed:
    mine = [line.amounts for line in invoice.lines if is_of(key, line.priced.account, line.determination.tax_point)]
    return Taxed.total(mine, invoice.currency)
