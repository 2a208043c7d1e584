"""Adapters of the ports to AWS, and what every function needs around its use case."""
