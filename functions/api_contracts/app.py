"""Master data over HTTP: publishing versions, what was published, prices and previews."""

from billproof.api.audiences import audience
from billproof.api.contract_routes import ROUTES

handler = audience("api_contracts", ROUTES)
