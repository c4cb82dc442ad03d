/** The vendored modules are what their README says: unchanged, with their licences. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const vendor = new URL("../../console/vendor/", import.meta.url);

test("every vendored module is listed with its hash and has its licence", async () => {
  const readme = await readFile(new URL("README.md", vendor), "utf8");
  const modules = (await readdir(vendor)).filter((name) => name.endsWith(".module.js"));
  assert.equal(modules.length, 2);
  for (const name of modules) {
    const hash = createHash("sha256").update(await readFile(new URL(name, vendor))).digest("hex");
    const line = readme.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    assert.ok(line.includes(hash), `${name} is not the file the README tells of; its sha256 is ${hash}`);
    assert.match(await readFile(new URL(name.replace(".module.js", ".LICENSE"), vendor), "utf8"), /MIT|Apache/);
  }
});
