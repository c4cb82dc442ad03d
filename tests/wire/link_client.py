#!/usr/bin/env python3
"""A device in 60 lines: hello, one signal, one beat over QUIC. Needs: aioquic, cbor2. docs/link-protocol.md says the rest."""

import argparse
import asyncio
import json
import secrets

import cbor2
from aioquic.asyncio import connect
from aioquic.quic.configuration import QuicConfiguration

ANSWERS = {11: "welcome", 12: "beat_ok", 13: "receipt", 14: "busy", 15: "not_stored", 16: "refused"}


async def say(client, message, wait):
    """One message on a stream of its own; prints its answer."""
    reader, writer = await client.create_stream()
    writer.write(message if isinstance(message, bytes) else cbor2.dumps(message))
    writer.write_eof()
    answer = cbor2.loads(await asyncio.wait_for(reader.read(), wait))
    shown = {str(k): v.hex() if isinstance(v, bytes) else v for k, v in answer.items() if k != 0}
    print(json.dumps({"answer": ANSWERS.get(answer[0], answer[0]), **shown}), flush=True)


async def run(args):
    tls = QuicConfiguration(is_client=True, alpn_protocols=["alarm/1"], server_name=args.name)
    tls.load_verify_locations(args.ca)
    tls.load_cert_chain(args.cert, args.key)
    host, _, port = args.connect.rpartition(":")
    boot = args.boot or secrets.randbits(32)
    details = {k: v for k, v in ((1, args.location), (2, args.text), (3, args.battery)) if v is not None}
    signal = {0: 3, 1: bytes.fromhex(args.id) if args.id else secrets.token_bytes(16), 2: boot, 3: args.counter, 4: args.kind}
    if details:
        signal[7] = details
    async with connect(host.strip("[]"), int(port), configuration=tls) as client:
        await say(client, {0: 1, 1: 1, 2: "link_client.py", 3: "1", 4: boot, 6: args.counter, 7: 1}, args.wait)
        await say(client, bytes.fromhex(args.raw) if args.raw else signal, args.wait)
        await say(client, {0: 2, 1: boot, 2: args.counter, 3: 0}, args.wait)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--connect", required=True, metavar="HOST:PORT")
    for name in ("ca", "cert", "key"):
        p.add_argument(f"--{name}", required=True, metavar="PEM")
    p.add_argument("--name", help="name in the centre's certificate, if it is not HOST")
    for name, default in (("kind", 100), ("counter", 1), ("boot", 0), ("battery", None)):
        p.add_argument(f"--{name}", type=int, default=default)
    for name in ("id", "raw", "location", "text"):
        p.add_argument(f"--{name}", help="hex" if name in ("id", "raw") else None)
    p.add_argument("--wait", type=float, default=10.0, help="seconds for each answer")
    try:
        asyncio.run(run(p.parse_args()))
    except (OSError, TimeoutError, cbor2.CBORDecodeError) as fault:
        raise SystemExit(f"no answer: {fault!r}") from None


if __name__ == "__main__":
    main()
