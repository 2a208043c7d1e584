"""Verify an export of billproof's audit chain: python verify.py FOLDER [FOLDER-WITH-STORED-OBJECTS]. No imports of ours."""

import hashlib
import hmac
import json
import sys
from collections import defaultdict
from pathlib import Path

folder, objects = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
wrong = []


def lines(name):
    path = folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def root(leaves):  # RFC 6962, section 2.1
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


for name, stated in json.loads((folder / "manifest.json").read_text())["files"].items():
    if hashlib.sha256((folder / name).read_bytes()).hexdigest() != stated["sha256"]:
        wrong.append(f"{name} is not the file that the manifest names")
chains, days, keys = defaultdict(list), defaultdict(list), {key["subject"]: key["key"] for key in lines("keys.jsonl")}
for block in lines("blocks.jsonl"):
    where, before = f"{block['chain']} {block['sequence']}", chains[block["chain"]]
    content = json.dumps({k: v for k, v in block.items() if k != "hash"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(b"\x00" + content.encode()).hexdigest() != block["hash"]:
        wrong.append(f"{where} was changed")
    if block["sequence"] != len(before) + 1 or block["previous"] != (before[-1]["hash"] if before else "0" * 64):
        wrong.append(f"{where} does not follow the record before it")
    before.append(block)
    days[block["chain"], block["at"][:10]].append(bytes.fromhex(block["hash"]))
    for entry in block.get("entries", []):
        path = objects / entry["place"][0] if objects and entry["store"] == "objects" else None
        if path and path.exists() and entry["subject"] in keys:
            digest = hmac.new(bytes.fromhex(keys[entry["subject"]]), path.read_bytes(), hashlib.sha256).hexdigest()
            if digest != entry["digest"]:
                wrong.append(f"{entry['place'][0]} is not what {where} recorded")
for anchor in lines("anchors.jsonl"):
    for day in anchor["chains"]:
        head = day["head"]
        if head["hash"] not in {b["hash"] for b in chains[head["chain"]] if b["sequence"] == head["sequence"]}:
            wrong.append(f"{head['chain']} {head['sequence']} is not the record that the anchor of {anchor['day']} names")
        if root(days[head["chain"], anchor["day"]]).hex() != day["root"]:
            wrong.append(f"{head['chain']} has other records on {anchor['day']} than its anchor")
print("\n".join(wrong) or f"{sum(map(len, chains.values()))} records of {len(chains)} chains hold")
sys.exit(bool(wrong))
