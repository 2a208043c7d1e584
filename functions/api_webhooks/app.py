"""Webhooks over HTTP: endpoints, secrets, the log of deliveries, and replays."""

from billproof.api.audiences import audience
from billproof.api.late_routes import LateRoutes

handler = audience("api_webhooks", LateRoutes("webhook_routes"))
