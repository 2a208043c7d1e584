"""The adapter of HubSpot, a CRM: deals and their line items, over its API, and its signed webhooks."""
