"""Where things are in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LOCAL = BUILD / "local"
DEMO = BUILD / "demo"
TEMPLATE = ROOT / "template.yaml"
DEMO_CONTRACTS = ROOT / "ops" / "billproof_ops" / "demo" / "contracts.yaml"
