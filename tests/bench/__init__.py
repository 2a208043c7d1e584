"""`make bench`: ratios measured side by side in one run, and what a run costs by its AWS calls. Never a test."""
