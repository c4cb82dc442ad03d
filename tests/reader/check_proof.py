#!/usr/bin/env python3
"""Checks a proof file of Varde, written from docs/proof-format.md alone. Needs: cryptography.

usage: check_proof.py FILE [PUBLIC-KEY-FILE]
Prints the Seq of each proved entry; a file that proves nothing: exit 2, and the line."""
import datetime, hashlib, json, struct, sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ORDER = {
    "root": "what version log day municipality size root first last end head before check key signature",
    "proof": "what version alarm roots entries check", "body": "what bytes check", "step": "what hash check",
    "entry": "what seq moment boot n i node prev root index check"}

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

class Lines:
    def __init__(self, data):
        self.lines, self.at = data.split(b"\n"), 0

    def wrong(self, why):
        print(f"line {self.at}: {why}")
        sys.exit(2)

    def take(self, what):
        self.at += 1
        if self.at >= len(self.lines):  # after the last line feed there must be nothing
            self.wrong("the file is cut short")
        raw = self.lines[self.at - 1]
        try:
            line = json.loads(raw)
            spelled = json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() == raw
        except (ValueError, UnicodeError):
            self.wrong("no JSON")
        if not isinstance(line, dict) or not spelled or line.get("what") != what or " ".join(line) != ORDER[what]:
            self.wrong("not in its form")
        if line["check"] != sha(raw.split(b',"check"')[0])[:8].hex():
            self.wrong("does not match its check")
        return line

def climb(leaf, index, size, path):
    if size == 1:
        return leaf if not path else None
    half = 1 << (size - 1).bit_length() - 1
    if not path:
        return None
    if index < half:
        return sha(b"\1", climb(leaf, index, half, path[:-1]), path[-1])
    return sha(b"\1", path[-1], climb(leaf, index - half, size - half, path[:-1]))

def steps(index, size):
    if size == 1:
        return 0
    half = 1 << (size - 1).bit_length() - 1
    return 1 + (steps(index, half) if index < half else steps(index - half, size - half))

def day_number(name):
    return (datetime.date.fromisoformat(name) - datetime.date(1970, 1, 1)).days

def check_root(lines, root, first, key):
    try:
        town, day = int(root["municipality"]), day_number(root["day"])
        numbers = struct.pack("<IHH4Q", day, town, 0, root["size"], root["first"], root["last"], root["end"])
        log, head, tree, before = (bytes.fromhex(root[name]) for name in ("log", "head", "root", "before"))
        signed = b"VARDE ROOT v1\0\0\0" + log + numbers + head + tree + before
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(root["key"])).verify(bytes.fromhex(root["signature"]), signed)
    except (ValueError, InvalidSignature):
        lines.wrong("the signature is not of this key over this root")
    if bytes.fromhex(root["signature"]).hex() != root["signature"] or bytes.fromhex(root["key"]).hex() != root["key"]:
        lines.wrong("not in its form")
    if root["key"] != (key or first["key"]) or root["log"] != first["log"] or len(signed) != 168:
        lines.wrong("another key or another log")

def main():
    with open(sys.argv[1], "rb") as file:
        lines = Lines(file.read())
    key = open(sys.argv[2], encoding="ascii").read().strip() if len(sys.argv) > 2 else None
    head, roots, before = lines.take("proof"), [], 0
    for _ in range(head["roots"]):
        roots.append(lines.take("root"))
        check_root(lines, roots[-1], roots[0], key)
    if len({(root["day"], root["municipality"]) for root in roots}) != len(roots):
        lines.wrong("a root stands there twice")
    for _ in range(head["entries"]):
        entry = lines.take("entry")
        root = roots[entry["root"]]
        seq, moment = entry["seq"], int(entry["moment"])
        in_day = moment // 86_400_000_000_000 == day_number(root["day"])
        if not in_day or not root["first"] <= seq <= root["last"] or seq <= before or entry["index"] >= root["size"]:
            lines.wrong("not of its root")
        prefix = struct.pack("<16sQQQQIHH", b"VARDE ENTRY v1", seq, moment, entry["boot"], entry["n"], entry["i"], entry["node"], 0)
        body = bytes.fromhex(lines.take("body")["bytes"])
        path = [bytes.fromhex(lines.take("step")["hash"]) for _ in range(steps(entry["index"], root["size"]))]
        leaf = sha(b"\0", struct.pack("<Q", seq), sha(prefix, bytes.fromhex(entry["prev"]), body))
        if climb(leaf, entry["index"], root["size"], path) != bytes.fromhex(root["root"]):
            lines.wrong("entry and path do not lead to the root")
        print(seq)
        before = seq
    if lines.lines[lines.at:] != [b""]:
        lines.at += 1
        lines.wrong("bytes after the end")

if __name__ == "__main__":
    main()
