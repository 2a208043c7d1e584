"""Exceptions: findings that wait for a person, and the decisions that end them."""
