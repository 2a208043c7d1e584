"""Master data over HTTP: publishing versions, what was published, prices and previews; and what the API is."""

from billproof.api.audiences import audience
from billproof.api.late_routes import LateRoutes

handler = audience(
    "api_contracts", LateRoutes("contract_routes", "pricing_routes", "history_routes", "description_routes")
)
