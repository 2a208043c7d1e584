"""Master data over HTTP: publishing versions, what was published, prices and previews."""

from billproof.api.audiences import audience
from billproof.api.late_routes import LateRoutes

handler = audience("api_contracts", LateRoutes("contract_routes", "pricing_routes"))
