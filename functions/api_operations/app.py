"""Operations over HTTP: runs and what they state, exceptions, reconciliation, invoices, and their proofs."""

from billproof.api.audiences import audience
from billproof.api.operation_routes import ROUTES

handler = audience("api_operations", ROUTES)
