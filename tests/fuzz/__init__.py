"""The API against schemathesis: requests made from the OpenAPI document, one by one and in chains, sound and not.

`make api-fuzz`: a server in this process (tests/support/gateway.py), over a billed month in memory; and schemathesis in
an environment of its own.
"""
