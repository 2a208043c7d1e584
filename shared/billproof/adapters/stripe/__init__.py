"""The adapter of Stripe Tax."""
