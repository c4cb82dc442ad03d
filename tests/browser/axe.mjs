/** What axe-core finds wrong with a page. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The page's policy lets no script in; the tester's own window into the page is not bound by it. */
export async function violations(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("Runtime.evaluate", { expression: axe });
  const answer = await client.send("Runtime.evaluate", {
    expression: `axe.run(document).then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 120) + " " + (any[0]?.message ?? ""))])))`,
    awaitPromise: true,
  });
  await client.detach();
  return JSON.parse(answer.result.value);
}
