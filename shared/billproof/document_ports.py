"""The ports of what delivers documents: where they are archived, and the pages that mails lead to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.breaker_ports import BreakerPorts

if TYPE_CHECKING:
    from billproof.invoicing.links import CustomerPages
    from billproof.ports import Archive


class DocumentPorts(BreakerPorts):
    """Where issued documents go, beside the mail."""

    @cached_property
    def archive(self) -> Archive:
        """Where issued documents are kept, locked; the facts of their release and delivery name their digests."""
        from billproof.adapters.aws.s3 import S3Archive

        settings = self.settings
        return S3Archive(client("s3"), settings.audit_bucket, mode=lambda: settings.archive_lock_mode, now=self.now)

    @property
    def customer_pages(self) -> CustomerPages | None:
        """Where the pages of customers are; None where the stack has none."""
        from billproof.invoicing.links import CustomerPages

        return CustomerPages(url, self.now) if (url := self.settings.customer_page_url) else None
