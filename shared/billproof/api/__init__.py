"""What the functions behind the HTTP API need around their use cases.

    API Gateway -> event and its authorizer -> caller, request -> use case -> JSON, or application/problem+json

asked           who calls, and what is asked
problems        errors as problem documents (RFC 9457)
calls           an operation that has a function of its own
audiences       the routes of an audience, which have one function together
late_routes     its modules, imported when one of their routes is called
*_routes        the routes themselves
"""
