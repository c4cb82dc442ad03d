/** SCAIP units as dull clients: text in, text out, nothing shared with the engine's own code. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";

/** A manual alarm (`stc` 0010) from a pendant. */
export const pressed = (cid, reference) =>
  `<mrq><ref>${reference}</ref><cid>${cid}</cid><dty>0003</dty><stc>0010</stc></mrq>`;

let calls = 0;

/** The whole SIP MESSAGE around a body. */
function message(via, cid, body) {
  const call = `${cid}x${process.pid}x${(calls += 1)}`;
  return `MESSAGE sip:alarm@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/${via} 127.0.0.1;branch=z9hG4bK${call};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:${cid}@unit.invalid>;tag=${call}\r\nTo: <sip:alarm@127.0.0.1>\r\n` +
    `Call-ID: ${call}\r\nCSeq: 1 MESSAGE\r\nContent-Type: application/scaip+xml\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The 200 a unit owes for the engine's own MESSAGE. */
function okTo(text) {
  const head = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
  return `SIP/2.0 200 OK\r\n${head.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
}

class Unit {
  /** What the engine said, in order, each once: `{sip: 200}` or `{mrs: 0, reference}`, with `at` in ms. */
  told = [];
  #waiting = new Set();

  /** @param {string} cid */
  constructor(cid) {
    this.cid = cid;
  }

  /** @param {string} text one whole SIP message @returns {string|undefined} what is owed for it */
  hear(text) {
    const at = Date.now();
    if (text.startsWith("MESSAGE ")) {
      const of = (tag) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1];
      this.told.push({ mrs: Number(of("snu")), reference: of("ref"), at });
    } else this.told.push({ sip: Number(text.split(" ")[1]), at });
    for (const look of this.#waiting) look();
    return text.startsWith("MESSAGE ") ? okTo(text) : undefined;
  }

  /** The first that fits among what was told from `from` on. */
  async hears(what, fits, { from = 0, ms = 6000 } = {}) {
    const find = () => this.told.slice(from).find(fits);
    if (find()) return find();
    return new Promise((done, failed) => {
      const look = () => {
        if (!find()) return;
        this.#waiting.delete(look);
        clearTimeout(late);
        done(find());
      };
      const late = setTimeout(() => {
        this.#waiting.delete(look);
        failed(new Error(`unit ${this.cid} was not told ${what} in ${ms} ms, but ${JSON.stringify(this.told)}`));
      }, ms);
      this.#waiting.add(look);
    });
  }

  /** Presses the button; resolves with the number of the `mrs` for it. */
  async press(reference) {
    const from = this.told.length;
    this.send(pressed(this.cid, reference));
    const { mrs } = await this.hears("an mrs", (told) => told.reference === reference, { from });
    return mrs;
  }
}

/** A unit on a TCP connection. */
export class TcpUnit extends Unit {
  #socket;
  #rest = "";

  static async connect(port, cid) {
    const unit = new TcpUnit(cid);
    unit.#socket = connect(port, "127.0.0.1");
    unit.#socket.setNoDelay(true);
    unit.#socket.on("error", () => {});
    unit.#socket.on("data", (some) => unit.#read(some.toString()));
    await once(unit.#socket, "connect");
    return unit;
  }

  send(body) {
    this.#socket.write(message("TCP", this.cid, body));
  }

  /** Cuts whole messages off the front, by their Content-Length. */
  #read(some) {
    this.#rest += some;
    for (;;) {
      const head = this.#rest.indexOf("\r\n\r\n") + 4;
      const length = /^Content-Length: *(\d+)/im.exec(this.#rest.slice(0, head))?.[1];
      if (head < 4 || length === undefined || this.#rest.length < head + Number(length)) return;
      const text = this.#rest.slice(0, head + Number(length));
      this.#rest = this.#rest.slice(text.length);
      const owed = this.hear(text);
      if (owed) this.#socket.write(owed);
    }
  }

  close() {
    this.#socket.destroy();
  }
}

/** A unit on UDP; resends are left to the caller. */
export class UdpUnit extends Unit {
  #socket = createSocket("udp4");
  #port;

  static async open(port, cid) {
    const unit = new UdpUnit(cid);
    unit.#port = port;
    unit.#socket.on("message", (bytes, from) => {
      const owed = unit.hear(bytes.toString());
      if (owed) unit.#socket.send(owed, from.port, from.address);
    });
    unit.#socket.bind(0, "127.0.0.1");
    await once(unit.#socket, "listening");
    return unit;
  }

  send(body) {
    this.#socket.send(message("UDP", this.cid, body), this.#port, "127.0.0.1");
  }

  close() {
    this.#socket.close();
  }
}
