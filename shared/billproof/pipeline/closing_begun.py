"""That somebody is closing a month: from then on no entry of a payment is dated in it, and only then it is looked at.

closing#<entity>    <period>#<instant>#<person>             a close that began
                    <period>#<instant>#<person>#given-up    it was refused

    close    begun | look at the month | signed off          receipt    kept | closing? | its entry is written down
                                       ^ refused: given up                   ^ yes: dated in the next open month

A receipt is kept before it is asked whether its month is being closed. So either the close sees the receipt, and is
refused, or the receipt sees the close. One that died counts no more after LONGEST: no call goes on for so long.
"""

from datetime import datetime, timedelta

from billproof.model import Model
from billproof.periods import instant_text
from billproof.pipeline.month_facts import MonthFacts
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name, sort_key

LONGEST = timedelta(minutes=15)
GIVEN_UP = "given-up"


class BegunClose(Model):
    """A close that a person began at an instant, when the month had so many facts: a later one of them ends it."""

    legal_entity: str
    period: str
    facts: int
    begun_by: str
    begun_at: str

    def key(self, *more: str) -> Key:
        """Return where it is, or where more is said of it."""
        sort = sort_key(self.period, self.begun_at, self.begun_by, *more)
        return Key(partition_name("closing", self.legal_entity), sort)


def begin_closing(records: Records, legal_entity: str, period: str, *, by: str, now: datetime) -> BegunClose:
    """Note that a person closes a month, and return what is to be given up where that is refused."""
    begun = BegunClose(
        legal_entity=legal_entity,
        period=period,
        facts=MonthFacts(records, legal_entity, period).count,
        begun_by=by,
        begun_at=instant_text(now),
    )
    records.create(Record(begun.key(), begun.model_dump(mode="json")))
    return begun


def give_up_closing(records: Records, begun: BegunClose) -> None:
    """Note that a close was refused: the month takes entries, unless somebody else closes it."""
    records.create(Record(begun.key(GIVEN_UP), begun.model_dump(mode="json")))


def takes_entries(records: Records, legal_entity: str, period: str, *, now: datetime) -> bool:
    """Say whether an entry of a payment may be dated in a month: it is neither closed nor being closed."""
    facts = MonthFacts(records, legal_entity, period)
    if facts.sign_off is not None:
        return False
    known = list(records.query(partition_name("closing", legal_entity), prefix=sort_key(period, "")))
    keys, since = {record.key for record in known}, instant_text(now - LONGEST)
    begun = (BegunClose.model_validate(record.document) for record in known)
    return not any(
        one.facts == facts.count and one.begun_at >= since and one.key(GIVEN_UP) not in keys for one in begun
    )
