/** The real engine as a process on ports of its own, with a disk that can be made to stall. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, openSync, writeFileSync, writeSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** How long a start or a stop may take, ms. */
const PATIENCE = 20_000;
const SHIM = join(dirname(fileURLToPath(import.meta.url)), "..", "faults", "shim.c");

/** The binary under test; without one nothing here may pass. */
function binary() {
  const path = process.env.VARDE_BINARY;
  if (!path) throw new Error("VARDE_BINARY is not set: build the engine (cargo build --release) and name its binary");
  if (!existsSync(path)) throw new Error(`VARDE_BINARY names ${path}, which does not exist: build it first`);
  return path;
}

/** Asks until the answer is true, and gives it; fails with `what` after `ms`. */
export async function until(what, ask, ms = 5000) {
  for (const end = Date.now() + ms; ; ) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

const config = (head, port) => `${head}
[listen]
sip = "127.0.0.1:0"
sip_tls = "127.0.0.1:0"
quic = "127.0.0.1:0"
console = "127.0.0.1:${port}"
ops = "127.0.0.1:0"
[log]
segment_mib = 1
`;
const SERVED = `[sip]
municipality = "0301"
[[municipality]]
number = "0301"
name = "Oslo"
`;

/** A folder of its own for one test's engine, its configuration and its disk's control; gone with `remove`. */
export async function folder() {
  const path = await mkdtemp(join(tmpdir(), "varde-browser-"));
  return { path, data: join(path, "data"), remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export class Engine {
  printed = "";
  addresses = {};
  #child;

  /**
   * Starts `varde serve`, or `varde demo`, and waits until it is ready.
   * @param {{path: string, data: string}} where @param {{command?: "serve"|"demo", port?: number, env?: Record<string, string>}} [how]
   *   `port`: the console's; 0 picks one
   */
  static async start(where, { command = "serve", port = 0, env = {} } = {}) {
    const program = binary();
    const file = join(where.path, "varde.toml");
    const text = command === "serve" ? config('purpose = "load_test"', port) + SERVED : config("", port);
    await writeFile(file, text);
    const addresses = join(where.data, "addresses.json");
    await rm(addresses, { force: true });
    const engine = new Engine();
    engine.#child = spawn(program, [command, "--data", where.data, "--config", file], {
      env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [engine.#child.stdout, engine.#child.stderr])
      stream.on("data", (some) => { engine.printed = (engine.printed + some).slice(-65_536); });
    try {
      await until("the engine is ready", () => engine.#ready(addresses), PATIENCE);
    } catch (why) {
      await engine.kill();
      throw new Error(`${why.message}; it printed:\n${engine.printed}`);
    }
    return engine;
  }

  async #ready(file) {
    if (this.ended) throw new Error("the engine ended at its start");
    try {
      this.addresses = JSON.parse(await readFile(file, "utf8"));
      return (await this.ask("/livez")).ok;
    } catch {
      return false;
    }
  }

  get ended() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** A port of `addresses.json`: sip_udp, sip_tcp, console, ops … */
  port(what) {
    return Number(this.addresses[what].split(":").at(-1));
  }

  /** The one-time login that the engine prints when no operator has a password. */
  link() {
    return until("a one-time login is printed", () => /http:\/\/\S+#once=[0-9a-f]+/.exec(this.printed)?.[0]);
  }

  /** Asks the address for health and figures. */
  ask(path) {
    return fetch(`http://${this.addresses.ops}${path}`);
  }

  /** A figure of `/metrics`, by its name with labels; those whose name begins so are added up. */
  async figure(name) {
    const text = await (await this.ask("/metrics")).text();
    const found = text.split("\n").filter((line) => line.startsWith(name));
    if (found.length === 0) throw new Error(`/metrics has no ${name}`);
    return found.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  async state() {
    return (await this.ask("/state")).json();
  }

  kill = () => this.#end("SIGKILL");
  stop = () => this.#end("SIGTERM");

  async #end(signal) {
    if (this.ended) return;
    const ended = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(late);
  }
}

/** A disk below one folder that stalls when told: `tests/faults/shim.c`, preloaded. */
export class Disk {
  #control;

  /** @param {{path: string, data: string}} where */
  constructor(where) {
    const library = join(where.path, "shim.so");
    const made = spawnSync("cc", ["-shared", "-fPIC", "-O2", "-o", library, SHIM, "-ldl", "-lpthread"], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`the shim does not compile: ${made.error ?? made.stderr}`);
    const file = join(where.path, "control");
    writeFileSync(file, Buffer.alloc(4096));
    this.#control = openSync(file, "r+");
    this.env = { LD_PRELOAD: library, VARDE_SHIM_DIR: where.data, VARDE_SHIM_CONTROL: file };
  }

  /** Every sync takes so much longer; 0 ends a stall under way. @param {number} ms */
  delay(ms) {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(ms);
    writeSync(this.#control, word, 0, 4, 0);
  }
}
