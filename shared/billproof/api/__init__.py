"""What the functions behind the HTTP API need around their use cases.

    API Gateway -> event and its authorizer -> caller, request -> use case -> JSON, or application/problem+json

calls       one operation, a function of its own: who calls, what is asked, and the answer
audiences   the routes of an audience, one function together
problems    errors as problem documents (RFC 9457)
"""
