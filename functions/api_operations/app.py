"""Operations over HTTP: runs, exceptions, reconciliation, invoices and their proofs, months, receipts, disputes."""

from billproof.api.audiences import audience
from billproof.api.late_routes import LateRoutes

MODULES = ("operation_routes", "invoice_routes", "month_routes", "cash_routes", "behind_routes", "refused_routes")
LATER = ("customer_document_routes", "integration_routes", "metric_routes", "incident_routes", "audit_routes")
handler = audience("api_operations", LateRoutes(*MODULES, *LATER))
