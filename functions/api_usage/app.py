"""Usage over HTTP: sending events, asking where one is, and what an account has used so far."""

from billproof.api.audiences import audience
from billproof.api.late_routes import LateRoutes

handler = audience("api_usage", LateRoutes("usage_routes", "used_routes"))
