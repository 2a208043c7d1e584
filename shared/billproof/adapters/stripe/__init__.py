"""The adapters of Stripe: Stripe Tax, and payments."""
