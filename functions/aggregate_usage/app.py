"""One bucket of a run: from segments to exact quantities."""

from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.pipeline.aggregating import Aggregated, aggregate_usage
from billproof.pipeline.model import BucketRequest


@step(BucketRequest, name="aggregate_usage")
def handler(request: BucketRequest, ports: Composition) -> Aggregated:
    """Aggregate the bucket."""
    result = aggregate_usage(run_id=request.run_id, bucket=request.bucket, objects=ports.objects)
    count("EventsConflicting", result.conflicting)
    return result
