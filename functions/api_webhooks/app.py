"""Webhooks over HTTP: endpoints, secrets, the log of deliveries, and replays."""

from billproof.api.audiences import audience
from billproof.api.webhook_routes import ROUTES

handler = audience("api_webhooks", ROUTES)
