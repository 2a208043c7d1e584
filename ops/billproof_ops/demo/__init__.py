"""SkyMeter's billing months, from real flights to posted invoices."""
