import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

globalThis.document = new EventTarget();
const { enableLineDrag } = await import("../../../config/static/fillwatch/line_drag.js");

let element;
let told;

/** A chart with one movable line at a height of 100, whose price is its height below 1000. */
beforeEach(() => {
  told = [];
  element = Object.assign(new EventTarget(), {
    getBoundingClientRect: () => ({ top: 10 }),
    setPointerCapture: () => {},
    classList: { toggle: (name, isOn) => told.push(["near", isOn]) },
  });
  enableLineDrag(element, {
    findLine: (y, px) => (Math.abs(y - 100) <= px ? "price 7" : null),
    toPrice: (y) => String(1000 - y),
    moveLine: (id, price) => told.push(["move", id, price]),
    hold: (id) => told.push(["hold", id]),
    drop: (id, price) => told.push(["drop", id, price]),
  });
});

function send(type, y, more = {}) {
  const event = Object.assign(new Event(type, { cancelable: true }), {
    clientY: y + 10, button: 0, pointerId: 1, pointerType: "mouse", ...more,
  });
  element.dispatchEvent(event);
  return event;
}

test("a line is dropped where the pointer leaves it", () => {
  assert.ok(send("pointerdown", 103).defaultPrevented);
  send("pointermove", 120);
  send("pointermove", 140);
  send("pointerup", 140);
  assert.deepEqual(told, [
    ["hold", "price 7"], ["move", "price 7", "880"], ["move", "price 7", "860"], ["hold", null],
    ["drop", "price 7", "860"],
  ]);
});

test("a click on a line moves nothing", () => {
  send("pointerdown", 100);
  send("pointerup", 100);
  assert.deepEqual(told.at(-1), ["drop", "price 7", null]);
});

test("escape and a lost pointer take the line back", () => {
  for (const end of [
    () => document.dispatchEvent(Object.assign(new Event("keydown"), { key: "Escape" })),
    () => send("pointercancel", 140),
  ]) {
    send("pointerdown", 100);
    send("pointermove", 140);
    end();
    assert.deepEqual(told.at(-1), ["drop", "price 7", null]);
  }
});

test("beside a line the chart moves as ever, and a finger may be less exact than a mouse", () => {
  assert.ok(!send("pointerdown", 110).defaultPrevented);
  assert.deepEqual(told, []);
  assert.ok(send("pointerdown", 110, { pointerType: "touch" }).defaultPrevented);
});

test("another finger does not end what the first one does", () => {
  send("pointerdown", 100);
  send("pointerup", 140, { pointerId: 2 });
  assert.deepEqual(told.map(([word]) => word), ["hold"]);
});
