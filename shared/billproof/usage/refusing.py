"""An event that is not accepted: why, and which field of it is wrong."""

from billproof.usage.model import Reason

_FIELDS = {
    Reason.UNKNOWN_ACCOUNT: "subject",
    Reason.UNKNOWN_TYPE: "type",
    Reason.NAIVE_TIME: "time",
    Reason.BAD_TIME: "time",
    Reason.FUTURE_TIME: "time",
    Reason.OLD_TIME: "time",
    Reason.MISSING_QUANTITY: "data",
    Reason.BAD_CORRECTION: "corrects",
}


class Refused(Exception):
    """An event that is not accepted, with its reason and what could be read of it; `field` is what is wrong of it."""

    def __init__(
        self,
        reason: Reason,
        detail: str,
        account: str | None = None,
        time: str | None = None,
        *,
        field: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.account = account
        self.time = time
        self.field = field or _FIELDS.get(reason)
