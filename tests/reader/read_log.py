#!/usr/bin/env python3
"""A second reader of Varde's log, written from docs/log-format.md and docs/entry-format.md alone.

read_log.py LOG-FOLDER [--bodies]: each entry as JSON (or each body in hex), Seq, head; damage: exit 2, file and byte."""
import hashlib, json, os, struct, sys

TABLE = list(range(256))
for _ in range(8):
    TABLE = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in TABLE]

def crc(*parts):
    value = 0xFFFFFFFF
    for byte in b"".join(parts):
        value = TABLE[(value ^ byte) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF

def number(data, at, size=8):
    return int.from_bytes(data[at:at + size], "little")

def matches(block, magic):  # a header, or a slot of the head note
    good = len(block) == 4096 and block[:8] == magic and number(block, 8, 4) == 1
    return good and number(block, 12, 4) == crc(block[:12], bytes(4), block[16:])

def cbor(data, at=0):  # one item: its value, and where the next begins
    major, n = data[at] >> 5, data[at] & 31
    size = 1 << n - 24 if n > 23 else 0
    n, at = int.from_bytes(data[at + 1:at + 1 + size], "big") if size else n, at + 1 + size
    if major in (2, 3):
        return (data[at:at + n].hex() if major == 2 else data[at:at + n].decode()), at + n
    if major not in (4, 5):
        return {0: n, 1: -1 - n, 7: {20: False, 21: True}.get(n)}[major], at
    items = []
    while len(items) < n * (major - 3):
        item, at = cbor(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at

NAMES = {"purpose": ["demonstration", "load_test", "real"], "role": ["viewer", "operator", "leader"],
         "path": ["sip_udp", "sip_tcp", "sip_tls", "link", "engine"], "act": ["claim", "release", "close"]}
KINDS = [line.split() for line in """genesis purpose log_id\nrules =rules\nstarted version
signal device municipality person code reference content counter happened buffered received path sender flags sealed
counted source from to duplicates refused rubbish\nact id session verb\nsession_opened session operator role scope expires
session_ended =session\nhops =hops\ntick =tick\nskip =skipped\nperson person municipality key about\nheld device person
attributed signal person key\nerased =person\ndisclosed by subject reason""".splitlines()]

def entry_json(seq, moment, body):
    kind, _version, value = cbor(body)[0]
    what, *keys = KINDS[kind] if kind < len(KINDS) else (f"kind_{kind}", "=body")
    fields = {keys[0][1:]: value} if keys[0][0] == "=" else {keys[key]: field for key, field in value.items() if key < len(keys)}
    if what == "act":
        fields["act"], (fields["alarm"], *_more) = fields["verb"]
    if "municipality" in fields:
        fields["municipality"] = f"{fields['municipality']:04}"
    fields.update({key: NAMES[key][fields[key]] for key in NAMES if key in fields})
    return {"seq": seq, "moment": str(moment), "what": what, **fields}

class Log:
    def __init__(self, folder):
        self.folder, self.frames = folder, []
        self.seq = self.moment = self.group = self.segment = self.at = 0
        self.head, self.mark, self.closed, self.torn = bytes(32), (0, 0, 0, 0), True, False

    def read(self, segment):
        with open(f"{self.folder}/segments/{segment:020}.seg" if segment else f"{self.folder}/head", "rb") as file:
            return file.read()

    def damage(self, segment, at):
        print(f"damaged {f'{segment:020}.seg' if segment else 'head'} byte {at}")
        sys.exit(2)

    def walk(self):
        head = self.read(0) if os.path.exists(f"{self.folder}/head") else b""
        slots = [slot if matches(slot, b"VARDHEAD") else None for slot in (head[:4096], head[4096:8192])]
        note = slots == [None, None] and self.damage(0, 0) or max(filter(None, slots), key=lambda slot: number(slot, 32))
        self.id, first, self.noted, clean = note[16:32], number(note, 40), (number(note, 48), number(note, 56)), note[120] == 1
        self.promised = (number(note, 64), number(note, 72), number(note, 80), note[88:120], True)
        names = (name.split(".") for name in os.listdir(f"{self.folder}/segments"))
        there = {int(name[0]) for name in names if name[1:] == ["seg"] and len(name[0]) == 20 and int(name[0]) >= first}
        for segment in sorted(set(range(first, max(there | {self.noted[0]}) + 1)) - there):
            self.damage(segment, 0)
        last = max((segment for segment in there if self.read(segment).strip(b"\0")), default=0)
        self.met, headless = self.noted[0] == 0, False
        for segment in range(first, last + 1):
            headless = not self.one(segment, segment == last, segment == first)
        here, slot = (self.segment, self.at), slots.index(None) * 4096 if None in slots else 8192
        end = (self.segment + 1, 0) if headless or self.noted[0] > self.segment else here
        for wrong, place in ((self.noted > here, end), (not self.met, self.noted), (clean and (self.torn or self.noted != here), end),
                             (clean and (None in slots or len(head) != 8192), (0, slot))):
            if wrong:
                self.damage(*place)

    def one(self, segment, last, first):  # a whole segment; False where the last one's header is torn
        data = self.read(segment)
        self.salt = self.id + struct.pack("<Q", segment)
        if not matches(data[:4096], b"VARDELOG"):
            if not last or segment != self.segment + 1 or self.later(data, 4096, self.group + 1):
                self.damage(segment, 0)
            self.torn = True
            return False
        before = (number(data, 48) - 1, number(data, 56) - 1, number(data, 64), data[72:104], struct.unpack_from("<QQIH", data, 112))
        follows = before == (self.seq, self.group, self.moment, self.head, self.mark) and number(data, 104) == self.at
        if number(data, 32) != segment or data[16:32] != self.id or not (follows or first and segment > 1):
            self.damage(segment, 0)
        self.seq, self.group, self.moment, self.head, self.mark = before
        self.segment, self.at, self.closed = segment, 4096, True
        more = len(data) == number(data, 40) or self.damage(segment, min(len(data), number(data, 40)))
        while more:
            if self.noted == (segment, self.at):
                self.met = self.promised == (self.group, self.seq, self.moment, self.head, self.closed) or self.damage(segment, self.at)
            more = self.frame(data)
        self.torn = not self.closed or data[self.at:].strip(b"\0") != b""
        if self.torn and (not last or self.later(data, self.at, self.group + self.closed)):
            self.damage(segment, self.at)
        return True

    def frame(self, data):
        at, head = self.at, data[self.at:self.at + 32]
        size, place = number(head, 8, 4), struct.pack("<Q", at)
        end = at + 32 + (size + 7) // 8 * 8
        if len(head) < 32 or number(head, 0, 4) != crc(self.salt, place, head[4:]) or end > len(data) \
                or number(head, 4, 4) != crc(self.salt, place, data[at + 32:end]):
            return False
        seq, payload = number(head, 24), data[at + 32:at + 32 + size]
        moment, body, follows = None, payload, number(head, 16) == self.group + self.closed
        if head[12] == 1:
            moment, body, mark = number(payload, 0), payload[64:], struct.unpack_from("<QQIH", payload, 8)
            follows = follows and seq == self.seq + 1 and payload[32:64] == self.head and moment >= self.moment
            prefix = struct.pack("<16sQQQQIHH", b"VARDE ENTRY v1", seq, moment, *mark, 0)
            self.seq, self.moment, self.mark = seq, moment, mark
            self.head = hashlib.sha256(prefix + payload[32:64] + body).digest()
        if not follows:
            self.damage(self.segment, at)
        self.frames.append((seq, moment, body))
        self.at, self.group, self.closed = end, number(head, 16), head[13] == 1
        return True

    def later(self, data, start, group):  # is there a frame of a group later than this one?
        heads = ((at, data[at:at + 32]) for at in range((start + 7) // 8 * 8, len(data.rstrip(b"\0")) - 31, 8))
        return any(number(head, 16) > group and number(head, 0, 4) == crc(self.salt, struct.pack("<Q", at), head[4:]) for at, head in heads)

if __name__ == "__main__":
    LOG = Log(sys.argv[1])
    LOG.walk()
    DECIDED = {seq: {"decided": cbor(body)[0]} for seq, moment, body in LOG.frames if moment is None}
    for SEQ, MOMENT, BODY in LOG.frames:
        if "--bodies" in sys.argv:
            print("decided" if MOMENT is None else "entry", BODY.hex())
        elif MOMENT is not None:
            print(json.dumps({**entry_json(SEQ, MOMENT, BODY), **DECIDED.get(SEQ, {})}))
    print(f"seq {LOG.seq}\nhead {LOG.head.hex()}")
