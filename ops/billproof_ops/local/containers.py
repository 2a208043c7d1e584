"""What `sam local invoke` gives a function in a container: the names of the local stack, and its endpoint.

    billproof local up -> build/local/functions.json -> samconfig.toml (env_vars) -> sam local invoke

Without it a function would find the names of the template's resources in place of those of tables, and AWS itself.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from billproof.adapters.aws.clients import client
from billproof_ops.local.stand_in import HOST
from billproof_ops.paths import LOCAL

FILE = LOCAL / "functions.json"
_THIS_MACHINE = ("127.0.0.1", "localhost")
_NAME = "Name"


def write(outputs: Mapping[str, str], endpoint: str) -> None:
    """Write the variables of every function that is deployed, by its name in the template, as sam reads them."""
    names = {value: name.removesuffix(_NAME) for name, value in outputs.items() if name.endswith(_NAME)}
    pages = client("lambda").get_paginator("list_functions").paginate()
    deployed = (function for page in pages for function in page["Functions"])
    variables = {
        names[function["FunctionName"]]: {
            **function.get("Environment", {}).get("Variables", {}),
            "AWS_ENDPOINT_URL": from_a_container(endpoint),
        }
        for function in deployed
        if function["FunctionName"] in names
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(variables, indent=1, sort_keys=True) + "\n")


def from_a_container(endpoint: str) -> str:
    """Return an endpoint as a container reaches it: this machine is not itself there."""
    parts = urlsplit(endpoint)
    if parts.hostname not in _THIS_MACHINE:
        return endpoint
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{HOST}{port}"))
