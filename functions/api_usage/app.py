"""Usage over HTTP: sending events, asking where one is, and what an account has used so far."""

from billproof.api.audiences import audience
from billproof.api.usage_routes import ROUTES

handler = audience("api_usage", ROUTES)
