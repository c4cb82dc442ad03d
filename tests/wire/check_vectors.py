#!/usr/bin/env python3
"""Checks that cbor2 reads and writes the vectors of alarm/1 as the Rust crate does. Needs: cbor2."""

import json
import pathlib
import sys

import cbor2

VECTORS = pathlib.Path(__file__).with_name("link-vectors.json")


def as_json(value):
    """The JSON form of the vectors: keys as text, byte strings as {"bytes": hex}."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    return value


def main():
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    faults = []
    good = vectors["messages"] + vectors["answers"]
    for vector in good:
        data = bytes.fromhex(vector["hex"])
        value = cbor2.loads(data)
        if as_json(value) != vector["map"]:
            faults.append(f"{vector['name']}: read as {as_json(value)}")
        if cbor2.dumps(value) != data:
            faults.append(f"{vector['name']}: written as {cbor2.dumps(value).hex()}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(good)} vectors, {len(faults)} faults")
    return 1 if faults or not good else 0


if __name__ == "__main__":
    sys.exit(main())
