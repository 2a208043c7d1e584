"""Operations over HTTP: runs and what they state, exceptions, reconciliation, invoices, and their proofs."""

from billproof.api.audiences import audience
from billproof.api.late_routes import LateRoutes

handler = audience("api_operations", LateRoutes("operation_routes", "invoice_routes", "customer_document_routes"))
