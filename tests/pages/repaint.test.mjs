// A page that could not be painted once is painted later, whatever went wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createRepaint } from "../../config/static/fillwatch/repaint.js";

const turnLoop = () => new Promise((resolve) => setImmediate(resolve));

test("a paint that fails is tried again, and does not end all later ones", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(globalThis.console, "error", () => {});
  const outcomes = ["throw", false, true, true];
  const painted = [];
  const repaint = createRepaint(async () => {
    const outcome = outcomes.shift();
    painted.push(outcome);
    if (outcome === "throw") throw new Error("half a page");
    return outcome;
  });
  repaint();
  for (let turn = 0; turn < 5; turn += 1) {
    t.mock.timers.tick(10_000);
    await turnLoop();
  }
  assert.deepEqual(painted, ["throw", false, true]);
  repaint();
  t.mock.timers.tick(10_000);
  await turnLoop();
  assert.deepEqual(painted, ["throw", false, true, true]);
});
