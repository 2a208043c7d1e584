"""One bucket of a run: from segments to exact quantities."""

from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model
from billproof.usage.service import Aggregated, aggregate_usage


class Request(Model):
    """A run and one of its buckets."""

    run_id: str
    bucket: int


@step(Request)
def handler(request: Request, ports: Composition) -> Aggregated:
    """Aggregate the bucket."""
    result = aggregate_usage(run_id=request.run_id, bucket=request.bucket, objects=ports.objects)
    count("EventsConflicting", result.conflicting)
    return result
