#!/usr/bin/env python3
"""Measures the engine as a process, from outside: what docs/numbers.md says, as rows to read.

    cargo build --release -p varde -p player -p benches
    benches/measure.py latency | flood | idle | start [--rounds 3]

Each run has an engine of its own in an empty folder. Latencies stand beside the floor measured just
before and just after (F + R, see src/bin/floor.rs). Python's standard library is enough.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import time
import urllib.request

CONFIG = """purpose = "load_test"
[listen]
sip = "127.0.0.1:0"
sip_tls = "127.0.0.1:0"
quic = "127.0.0.1:0"
console = "127.0.0.1:0"
ops = "127.0.0.1:0"
[sip]
municipality = "0301"
[[municipality]]
number = "0301"
name = "Oslo"
"""
TICK = os.sysconf("SC_CLK_TCK")


class Engine:
    """`varde serve` on a folder."""

    def __init__(self, args, data):
        self.data = data
        config = data.with_suffix(".toml")
        config.write_text(CONFIG)
        addresses = data / "addresses.json"
        addresses.unlink(missing_ok=True)
        began = time.monotonic()
        self.process = subprocess.Popen(
            [args.bin / "varde", "serve", "--data", data, "--config", config],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.alive(addresses):
            if self.process.poll() is not None:
                raise SystemExit("the engine ended instead of serving; run it by hand to see why")
            time.sleep(0.002)
        self.took = time.monotonic() - began
        if args.fifo:
            self.hasten()

    def hasten(self):
        """SCHED_FIFO for the two threads every receipt waits for; needs CAP_SYS_NICE."""
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            if (task / "comm").read_text().strip() in ("sequencer", "journal-write"):
                os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(10))

    @staticmethod
    def alive(addresses):
        try:
            ops = json.loads(addresses.read_text())["ops"]
            with urllib.request.urlopen(f"http://{ops}/livez", timeout=5) as answer:
                return answer.status == 200
        except (OSError, ValueError):
            return False

    def cpu(self):
        """Seconds of CPU used so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def resident(self):
        """KiB resident."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(30)


def quiet(patience):
    """Waits until others use less than a fifth of one core for two seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        others = Others()
        time.sleep(2)
        if others.cores() < 0.2:
            return


class Others:
    """What runs beside a run: all CPU used, less the engine's and that of ended children."""

    def __init__(self, engine=None):
        self.engine = engine
        self.began = time.monotonic()
        self.used = self.theirs()

    def theirs(self):
        fields = pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields)
        mine = os.times()
        mine = mine.user + mine.system + mine.children_user + mine.children_system
        engine = self.engine.cpu() if self.engine else 0
        return (user + nice + system + irq + softirq + steal) / TICK - mine - engine

    def cores(self):
        return (self.theirs() - self.used) / (time.monotonic() - self.began)


def floor(args, *pace):
    """F + R in microseconds: p50 and p99."""
    command = [args.bin / "floor", args.dir, *map(str, pace)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    p50, p99 = told.stdout.strip().split("\n")[-1].split()[-2:]
    return float(p50), float(p99)


def start_load(args, engine, mode, name, *more):
    report = engine.data.with_name(f"{name}.json")
    command = [args.bin / "varde-loadgen", mode, "--engine", engine.data / "addresses.json",
               "--authority", engine.data / "authority", "--quiet", "--report", report, *map(str, more)]
    return subprocess.Popen(command), report


def burst(args, engine, transport, rate, connections, name="burst", kinds="100", seed=1):
    return start_load(args, engine, "burst", name, "--rate", rate, "--connections", connections,
                      "--transport", transport, "--kinds", kinds, "--seconds", args.seconds,
                      "--seed", seed, "--lead", 3)


def fresh(args, name):
    data = args.dir / name
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    return Engine(args, data)


def row(report):
    told = json.loads(report.read_text())
    tally = told["tally"]
    life = next(c for c in tally["classes"] if c["sent"])
    return told, tally, life


def show(name, told, tally, life, floors, cpu=None, others=0):
    p50, p99 = (statistics.mean(side) for side in zip(*floors))
    sent, meant = life["from_sent"], life["from_intended"]
    spent = "" if cpu is None else f" cpu/signal {cpu / max(1, tally['receipted']) * 1e6:.0f} µs"
    print(f"{name}: sent {tally['sent']} receipted {tally['receipted']}"
          f" | from sent {sent['p50_us']} / {sent['p99_us']} µs"
          f" = {sent['p50_us'] / p50:.1f} / {sent['p99_us'] / p99:.1f} ×"
          f" | from intended {meant['p50_us']} / {meant['p99_us']} µs"
          f" = {meant['p50_us'] / p50:.1f} / {meant['p99_us'] / p99:.1f} ×"
          f" | floor {p50:.0f} / {p99:.0f} µs (p99 before {floors[0][1]:.0f}, after {floors[1][1]:.0f})"
          f" |{spent} lag p50 {tally['lag']['p50_us']} p99.9 {tally['lag']['p999_us']} µs"
          f"{'' if told['punctual'] else ' NOT PUNCTUAL'}"
          f" others {others:.2f} cores{' DISTURBED' if others > 0.3 else ''}", flush=True)


def latency(args):
    for _ in range(args.rounds):
        quiet(args.patience)
        p50, p99 = floor(args, 100)
        print(f"floor at 100 rounds a second: {p50:.0f} / {p99:.0f} µs")
        for rate in args.rates:
            for transport in args.transports:
                engine = fresh(args, "latency")
                quiet(args.patience)
                before, used, others = floor(args), engine.cpu(), Others(engine)
                load, report = burst(args, engine, transport, rate, min(1000, max(50, rate // 5)))
                load.wait()
                used, others = engine.cpu() - used, others.cores()
                show(f"{transport} {rate}/s", *row(report), (before, floor(args)), used, others)
                engine.stop()


def flood(args):
    """Presses at 50/s by SIP while telemetry comes over QUIC."""
    for _ in range(args.rounds):
        for telemetry in (0, 3000):
            engine = fresh(args, "flood")
            quiet(args.patience)
            before, others = floor(args), Others(engine)
            loads = [burst(args, engine, "tcp", 50, 50, "press")]
            if telemetry:
                loads.append(burst(args, engine, "quic", telemetry, 600, "telemetry", "400", 2))
            for load, _ in loads:
                load.wait()
            others, after = others.cores(), floor(args)
            for load, report in loads:
                told, tally, life = row(report)
                name = f"{report.stem} beside {telemetry} telemetry/s"
                show(name, told, tally, life, (before, after), None, others)
            engine.stop()


def idle(args):
    for _ in range(args.rounds):
        for transport in args.transports:
            points = []
            for count in (0, 2000, 5000):
                engine = fresh(args, "idle")
                if count:
                    load, report = start_load(args, engine, "idle", "idle", "--connections", count,
                                              "--transport", transport, "--seconds", 30)
                    time.sleep(27)
                else:
                    time.sleep(3)
                points.append((count, engine.resident()))
                if count:
                    load.wait()
                    tally = json.loads(report.read_text())["tally"]
                    if tally["losses"] or tally["connects"] != count:
                        print(f"  {tally['connects']} connects, {tally['losses']} losses")
                engine.stop()
            (_, none), (few, a), (many, b) = points
            print(f"{transport}: resident KiB {points}: {(a - none) / few:.2f} KiB each of the first {few},"
                  f" {(b - a) / (many - few):.2f} each beyond", flush=True)


def start(args):
    """From exec to /livez 200: an empty folder, then a log of --entries, stopped and killed."""
    for _ in range(args.rounds):
        engine = fresh(args, "start")
        empty = engine.took
        args.seconds = args.entries // 4000
        load, report = burst(args, engine, "tcp", 4000, 800)
        load.wait()
        entries = json.loads(report.read_text())["tally"]["receipted"]
        engine.stop()
        stopped = Engine(args, engine.data)
        stopped.stop(signal.SIGKILL)
        killed = Engine(args, engine.data)
        killed.stop()
        size = sum(file.stat().st_size for file in (engine.data / "log").rglob("*") if file.is_file())
        print(f"start: empty {empty:.2f} s; {entries} signals ({size >> 20} MiB of segments):"
              f" after a stop {stopped.took:.2f} s, after kill -9 {killed.took:.2f} s", flush=True)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["latency", "flood", "idle", "start"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10, help="of load in a run")
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--transports", nargs="+", default=["tcp", "quic"])
    parser.add_argument("--patience", type=int, default=120, help="seconds to wait for a quiet machine")
    parser.add_argument("--fifo", action="store_true", help="real-time threads, set from outside")
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--bin", type=pathlib.Path, default=root / "target/release")
    parser.add_argument("--dir", type=pathlib.Path, default=root / "target/measure")
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    {"latency": latency, "flood": flood, "idle": idle, "start": start}[args.what](args)


if __name__ == "__main__":
    main()
