"""From events on a queue to exact quantities: the usage log, the quarantine and the aggregation."""
