"""Where things are in the checkout."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPS = ROOT / "ops"
BUILD = Path(os.environ.get("BILLPROOF_BUILD", ROOT / "build"))
"""What is made here: the local stack with its state, and what the demo writes. A test has one of its own."""
LOCAL = BUILD / "local"
DEMO = BUILD / "demo"
TEMPLATE = ROOT / "template.yaml"
DEMO_CONTRACTS = OPS / "billproof_ops" / "demo" / "contracts.yaml"
DEMO_ORDERS = DEMO_CONTRACTS.with_name("orders.json")
FUNCTIONS_PYTHON = ROOT / ".functions" / "bin" / "python"
"""An interpreter with what Lambda itself brings, the runtime client and boto3, and with the layers' packages."""
