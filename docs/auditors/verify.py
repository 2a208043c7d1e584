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
keys, written = {key["subject"]: key["key"] for key in lines("keys.jsonl") if objects}, set()
chains, days, recorded = defaultdict(lambda: ["0" * 64]), defaultdict(list), defaultdict(list)
for block in lines("blocks.jsonl"):
    where, before, claimed = f"{block['chain']} {block['sequence']}", chains[block["chain"]], block.pop("hash")
    text = "\0" + json.dumps(block, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    wrong += [] if hashlib.sha256(text.encode()).hexdigest() == claimed else [f"{where} was changed"]
    wrong += [] if (block["sequence"], block["previous"]) == (len(before), before[-1]) else [f"{where} follows another"]
    before.append(claimed)
    days[block["chain"], block["at"][:10]].append(bytes.fromhex(claimed))
    written.update(f"{block['chain']} {number}" for number in block.get("written", ()))
    for entry in (one for one in block.get("entries", ()) if one["store"] == "objects" and one["subject"] in keys):
        recorded[objects / entry["place"][0]].append((where, entry["digest"], bytes.fromhex(keys[entry["subject"]])))
for path in filter(Path.is_file, recorded):  # it is what the last record says whose object was written, or a later one
    known = recorded[path][max((n for n, one in enumerate(recorded[path]) if one[0] in written), default=0) :]
    if hmac.new(known[-1][2], path.read_bytes(), "sha256").hexdigest() not in [one[1] for one in known]:
        wrong.append(f"{path} is not what {known[0][0]} recorded")
for anchor in lines("anchors.jsonl"):
    for day in anchor["chains"]:
        name, number = day["head"]["chain"], day["head"]["sequence"]
        if [day["head"]["hash"]] != chains[name][number : number + 1]:
            wrong.append(f"{name} {number} is not the record that the anchor of {anchor['day']} names")
        if root(days[name, anchor["day"]]).hex() != day["root"]:
            wrong.append(f"{name} has other records on {anchor['day']} than its anchor")
sys.exit("\n".join(wrong) or print(f"{sum(map(len, days.values()))} records of {len(chains)} chains hold"))
