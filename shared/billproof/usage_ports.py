"""The ports of the usage log's buckets: those in force, and those that a process writes to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.outgoing import Outgoing

if TYPE_CHECKING:
    from billproof.audit.stores import AuditedObjects
    from billproof.usage.buckets import Buckets


class UsagePorts(Outgoing):
    """Into how many buckets the usage log is cut."""

    @cached_property
    def objects(self) -> AuditedObjects:
        """The data bucket."""
        raise NotImplementedError

    def buckets(self) -> Buckets:
        """Return the buckets of the usage log as they are in force at this moment."""
        from billproof.usage.buckets import read_buckets

        return read_buckets(self.objects, self.settings.bucket_count)

    @cached_property
    def written_buckets(self) -> Buckets:
        """The buckets that this process writes to: where the log grows meanwhile, older ones are read as well."""
        from billproof.usage.buckets import record_buckets

        return record_buckets(self.objects, self.settings.bucket_count)
