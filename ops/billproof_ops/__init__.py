"""The `billproof` command, the local stack and the demo: what people run, and no Lambda function imports."""
