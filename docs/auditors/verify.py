"""Verify an export of billproof's audit chain: python verify.py FOLDER [FOLDER-WITH-STORED-OBJECTS]."""

import hashlib
import hmac
import json
import sys
from collections import defaultdict
from pathlib import Path

folder, objects, wrong = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None, []


def lines(name):  # the objects of a file of JSON lines, one after the other; none where it was not exported
    return map(json.loads, (folder / name).open(encoding="utf-8")) if (folder / name).exists() else ()


def root(leaves):  # of a Merkle tree: RFC 6962, section 2.1
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


for name, stated in json.loads((folder / "manifest.json").read_text())["files"].items():
    if hashlib.file_digest((folder / name).open("rb"), "sha256").hexdigest() != stated["sha256"]:
        wrong.append(f"{name} is not the file that the manifest names")
keys, chains, days = {key["subject"]: key["key"] for key in lines("keys.jsonl")}, defaultdict(list), defaultdict(list)
for block in lines("blocks.jsonl"):
    where, before = f"{block['chain']} {block['sequence']}", chains[block["chain"]]
    content = {name: value for name, value in block.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(b"\x00" + text.encode()).hexdigest() != block["hash"]:
        wrong.append(f"{where} was changed")
    if block["sequence"] != len(before) + 1 or block["previous"] != (before[-1] if before else "0" * 64):
        wrong.append(f"{where} does not follow the record before it")
    before.append(block["hash"])
    days[block["chain"], block["at"][:10]].append(bytes.fromhex(block["hash"]))
    for entry in block.get("entries", []) if objects else []:
        path, key = objects / entry["place"][0], keys.get(entry["subject"])
        data = path.read_bytes() if entry["store"] == "objects" and path.is_file() and key else None
        if data is not None and hmac.new(bytes.fromhex(key), data, "sha256").hexdigest() != entry["digest"]:
            wrong.append(f"{path} is not what {where} recorded")
for anchor in lines("anchors.jsonl"):
    for day in anchor["chains"]:
        name, number = day["head"]["chain"], day["head"]["sequence"]
        if [day["head"]["hash"]] != chains[name][number - 1 : number]:
            wrong.append(f"{name} {number} is not the record that the anchor of {anchor['day']} names")
        if root(days[name, anchor["day"]]).hex() != day["root"]:
            wrong.append(f"{name} has other records on {anchor['day']} than its anchor")
sys.exit("\n".join(wrong) or print(f"{sum(map(len, chains.values()))} records of {len(chains)} chains hold"))
