/** Just enough of RFC 6455 for the mock engine: accept, read masked text frames, write text frames. */

import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export class TextSocket {
  #socket;
  #buffer = Buffer.alloc(0);

  /**
   * Answer an upgrade.
   * @param {import("node:http").IncomingMessage} request @param {import("node:net").Socket} socket
   * @param {{text: (text: string) => void, close: () => void}} on
   */
  constructor(request, socket, on) {
    const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      for (let text = this.#frame(); text !== undefined; text = this.#frame()) if (text !== null) on.text(text);
    });
    socket.on("close", on.close);
    socket.on("error", () => {});
  }

  /** The next whole frame's text; null for a control frame, undefined for none yet. */
  #frame() {
    const b = this.#buffer;
    if (b.length < 2) return undefined;
    let length = b[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (b.length < 4) return undefined;
      length = b.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (b.length < 10) return undefined;
      length = Number(b.readBigUInt64BE(2));
      at = 10;
    }
    if (b.length < at + 4 + length) return undefined;
    const mask = b.subarray(at, at + 4);
    const body = Buffer.from(b.subarray(at + 4, at + 4 + length)).map((byte, i) => byte ^ mask[i % 4]);
    this.#buffer = b.subarray(at + 4 + length);
    const opcode = b[0] & 0x0f;
    if (opcode === 8) this.close();
    return opcode === 1 ? body.toString("utf8") : null;
  }

  /** @param {string} text */
  send(text) {
    if (this.#socket.destroyed) return;
    const body = Buffer.from(text, "utf8");
    let head;
    if (body.length < 126) head = Buffer.from([0x81, body.length]);
    else if (body.length < 65_536) {
      head = Buffer.from([0x81, 126, 0, 0]);
      head.writeUInt16BE(body.length, 2);
    } else {
      head = Buffer.alloc(10);
      head[0] = 0x81;
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(body.length), 2);
    }
    this.#socket.write(Buffer.concat([head, body]));
  }

  close() {
    this.#socket.destroy();
  }
}
