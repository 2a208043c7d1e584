"""What was in flight when a region, a queue or Step Functions was lost, and how it comes back; and its rehearsal."""
