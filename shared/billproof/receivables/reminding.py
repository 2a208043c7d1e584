"""Reminding the customers of a legal entity, once a day: each customer by what is open of it and what happened.

    what is open | what happened | letter kept | mail | reminded
                                                      ^ died here: mailed again under the same Message-ID

A call evaluates customers in the order of the directory for MOST_TIME; how far it came is a fact, and the next call
goes on there. A customer that was evaluated is not evaluated again on that day; one that is evaluated twice, by two
calls at once, is reminded by one fact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from functools import partial

from billproof.approvals.policy import ReminderRules
from billproof.errors import Contended, MailRefused
from billproof.findings import Finding
from billproof.invoicing.mails import INVOICE_HEADER, REMINDER_HEADER, address_answers, message_id
from billproof.invoicing.parties import parties_of
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Model
from billproof.nets import Net
from billproof.payments.receivables import Receivables
from billproof.periods import zone
from billproof.ports import Clock, Mailer
from billproof.receivables.account_documents import AccountRenderer, ReminderDocument, keep_document
from billproof.receivables.collection_book import CollectionBook, EvaluatedAccounts
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.history import histories_of
from billproof.receivables.reminders import (
    CollectionFact,
    CollectionKind,
    OverdueDocument,
    RemindedDocument,
    to_remind,
)
from billproof.receivables.texts import reminder_text
from billproof.receivables.unapplied import UnappliedMoney
from billproof.retrying import attempts
from billproof.wording.catalogue import language_of, mail_text

MOST_TIME = timedelta(minutes=12)
"""How long one call goes on; a Lambda function has 15 minutes."""
FIRST_HOUR = 8
"""No reminder leaves before this hour where the legal entity is."""
CHUNK = 100
"""After how many customers it is noted how far a call has come."""
MAX_ATTEMPTS = 5
NOBODY_LEFT = "every address of the customer bounced for good or complained before"


class RemindOutcome(StrEnum):
    """What became of the evaluation of a legal entity's day."""

    DONE = "done"
    TO_BE_CONTINUED = "to_be_continued"
    NO_RULES = "no_rules"
    TOO_EARLY = "too_early"


class EntityReminders(Model):
    """What a call did for a legal entity: customers evaluated, reminders given, and mails refused of those."""

    legal_entity: str
    outcome: RemindOutcome
    evaluated: int = 0
    given: int = 0
    refused: int = 0


@dataclass(frozen=True)
class ReminderSources:
    """What reminding reads and writes. Without a sender nothing is mailed: a reminder is a fact and its letter."""

    entity: LegalEntity
    receivables: Receivables
    book: CollectionBook
    disputes: DisputeBook
    draw: AccountRenderer
    mailer: Mailer
    sender: str | None
    clock: Clock


def remind_customers(sources: ReminderSources, *, until: datetime) -> EntityReminders:
    """Evaluate the customers of a legal entity that are left today, until all are or an instant has come.

    A customer that raises an error is in the net's, and the others are evaluated. Raises ExternalServiceUnavailable
    where the mail service or a store does not answer, and TooMuchTrouble where too many customers raise errors.
    """
    entity, policy = sources.entity, sources.receivables.directory.policy(sources.entity.id)
    rules, now = policy.reminders, sources.clock().astimezone(zone(entity.time_zone))
    if rules is None:
        return EntityReminders(legal_entity=entity.id, outcome=RemindOutcome.NO_RULES)
    if now.hour < FIRST_HOUR:
        return EntityReminders(legal_entity=entity.id, outcome=RemindOutcome.TOO_EARLY)
    before = sources.book.evaluated(entity.id, now.date())
    if before is not None and before.is_done:
        return EntityReminders(legal_entity=entity.id, outcome=RemindOutcome.DONE)
    day = _Day(sources, rules, now.date(), before)
    is_done = day.work(until)
    day.net.refuse_too_much(policy.thresholds.trouble, day.evaluated)
    return EntityReminders(
        legal_entity=entity.id,
        outcome=RemindOutcome.DONE if is_done else RemindOutcome.TO_BE_CONTINUED,
        evaluated=day.evaluated,
        given=day.given,
        refused=day.refused,
    )


class _Day:
    """What one call does of a legal entity's day."""

    def __init__(
        self, sources: ReminderSources, rules: ReminderRules, today: date, before: EvaluatedAccounts | None
    ) -> None:
        self._sources, self._rules, self._today, self._before = sources, rules, today, before
        self.net = Net("remind_customers")
        self.evaluated = self.given = self.refused = 0

    def work(self, until: datetime) -> bool:
        """Evaluate customers until all are or an instant has come; return whether all are."""
        ordinal, last = (self._before.ordinal, self._before.last) if self._before else (0, "")
        for account in _after(last, [*self._sources.receivables.directory.members(self._sources.entity.id)]):
            if self._sources.clock() >= until:
                self._note(ordinal + 1, last, is_done=False)
                return False
            self.net.catch(account, partial(self._evaluate, account), self._missed)
            self.evaluated, last = self.evaluated + 1, account
            if self.evaluated % CHUNK == 0:
                ordinal += 1
                self._note(ordinal, last, is_done=False)
        self._note(ordinal + 1, last, is_done=True)
        return True

    def _note(self, ordinal: int, last: str, *, is_done: bool) -> None:
        evaluated = EvaluatedAccounts(ordinal=ordinal, last=last, is_done=is_done)
        self._sources.book.note_evaluated(self._sources.entity.id, self._today, evaluated)

    def _missed(self, _finding: Finding) -> None:
        """Leave the customer out; the net has logged its error."""

    def _evaluate(self, account: str) -> None:
        fact = remind_customer(account, self._sources, self._rules, today=self._today)
        if fact is not None:
            self.given += 1
            self.refused += bool(fact.refused)


def _after(last: str, accounts: Sequence[str]) -> Iterator[str]:
    """Yield the accounts that come after one; all of them where it is none."""
    return iter(accounts[accounts.index(last) + 1 :] if last in accounts else accounts)


def remind_customer(
    account: str, sources: ReminderSources, rules: ReminderRules, *, today: date
) -> CollectionFact | None:
    """Remind a customer of what is overdue, where that is due today; return the fact of it, or None.

    What was mailed is kept also where somebody noted something meanwhile: that holds from the next reminder on.

    Raises ExternalServiceUnavailable where the mail was not taken, and Contended where others kept adding facts.
    """
    overdue = list(_overdue(account, sources, today))
    known = sources.receivables.directory.account(account) if overdue else None
    if known is None:
        return None
    mailed: CollectionFact | None = None
    for _ in attempts(MAX_ATTEMPTS):
        state = sources.book.state(sources.entity.id, account)
        last = state.last_reminder
        if mailed is None or (last is not None and last.day == today):
            rows = to_remind(overdue, state, rules, today=today)
            if not rows:
                return None
            mailed = _mailed(rows, known, sources, rules, today)
        fact = mailed.model_copy(update={"ordinal": state.next_ordinal})
        if sources.book.add(sources.entity.id, account, fact):
            return fact
    message = f"others kept adding facts of {account}"
    raise Contended(message)


def _overdue(account: str, sources: ReminderSources, today: date) -> Iterator[OverdueDocument]:
    """Yield what is overdue and not disputed, without what money that pays nothing yet may cover, oldest first."""
    documents = [
        (document, document.on(today).open.amount - document.disputed_on(today).amount)
        for document in histories_of(account, sources.receivables, sources.disputes)
        if document.days_overdue(today) > 0
    ]
    overdue = sorted(
        (one for one in documents if one[1].amount > 0),
        key=lambda one: (one[0].due, one[0].released.number),
    )
    unapplied = UnappliedMoney(account, sources.receivables) if overdue else None
    for document, left in overdue:
        rest = unapplied.rest_of(left) if unapplied else left
        if rest.amount > 0:
            released, due = document.released, document.due
            yield OverdueDocument(released.invoice, released.number, due, rest, document.days_overdue(today))


def _mailed(
    rows: Sequence[RemindedDocument], account: Account, sources: ReminderSources, rules: ReminderRules, today: date
) -> CollectionFact:
    """Keep the letter, mail it where there is a sender, and return the fact with whom it went to, or why it never will.

    The same reminder is the same letter: after a crash it is kept and mailed once more, and nothing new is written.
    """
    level = rules.levels[max(row.level for row in rows) - 1].text_in(language_of(account.locale))
    letter = ReminderDocument(parties_of(sources.entity, account, today), tuple(rows), level, len(rules.levels))
    pdf = sources.draw(letter)
    kept = keep_document(letter, pdf, objects=sources.receivables.objects)
    text = reminder_text(rows, account, level, sources.entity.name)
    fact = CollectionFact(
        ordinal=0, kind=CollectionKind.REMINDED, day=today, reminded=tuple(rows), text=text, letter=kept
    )
    if sources.sender is None:
        return fact
    stated, addresses = letter.parties.stated(None), sources.receivables.register.addresses
    sent = addresses.recipients(sources.entity.id, account.billing_email, stated.copies_to)
    if not sent.to:
        return fact.model_copy(update={"refused": NOBODY_LEFT})
    mail = _mail(fact, sent.to, account, sources.entity, sources.sender)
    address_answers(mail, stated, sent)
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{letter.name}.pdf")
    try:
        sources.mailer.send(to=sent.to, message=mail.as_bytes(), copies=sent.copies)
    except MailRefused as error:
        return fact.model_copy(update={"refused": error.message})
    return fact.model_copy(update={"mailed_to": sent.to})


def _mail(fact: CollectionFact, to: str, account: Account, entity: LegalEntity, sender: str) -> EmailMessage:
    """Write the mail: a customer's reminder of a day has one Message-ID. A bounce is kept beside its first invoice."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail[INVOICE_HEADER] = fact.reminded[0].invoice
    mail[REMINDER_HEADER] = fact.day.isoformat()
    mail["Subject"] = mail_text(account.locale, "subject_reminder", seller=entity.name)
    mail["Message-ID"] = message_id(entity.id, account.id, "reminder", fact.day.isoformat(), sender=sender)
    mail.set_content(fact.text)
    return mail
