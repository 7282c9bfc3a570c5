/** The shared worker: one for each user and door of a browser. Its name says whose. */

import { Host } from "./shared_host.js";
import { Stream } from "./stream.js";

const { url, door, user } = JSON.parse(self.name);
const host = new Host({
  user,
  open: (since) => new Stream({ url, door, user, since, snapshot: null, surroundings: self }),
});

const LIFE = `fillwatch ${self.name} ${Math.random()}`; // a lock that is ours for as long as we live
const held = new Promise((resolve) => {
  if (!navigator.locks) resolve(false); // a page that is neither https nor at home
  navigator.locks?.request(LIFE, () => {
    resolve(true);
    return new Promise(() => {});
  });
});

self.onconnect = async ({ ports: [port] }) => {
  if (await held) port.postMessage({ life: LIFE }); // first of all: who is live knows when we die
  const guest = host.join({
    say: (text) => port.postMessage(text),
    close: (code) => port.postMessage({ close: code }),
  });
  port.onmessage = ({ data }) => {
    if (typeof data === "string") guest.heard(JSON.parse(data));
    else guest.left();
  };
  port.addEventListener("close", () => guest.left()); // a tab that crashed, where browsers tell
};
