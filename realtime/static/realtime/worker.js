/** The shared worker: one for each user and endpoint in a browser. Its name holds both. */

import { SharedHost } from "./shared_host.js";
import { Stream } from "./stream.js";

const { url, door, user } = JSON.parse(self.name);
const host = new SharedHost({
  user,
  open: (since) => new Stream({ url, door, user, since, snapshot: null, surroundings: self }),
});

const LIFE = `fillwatch ${self.name} ${Math.random()}`; // a lock that this worker holds while it lives
const hasLock = new Promise((resolve) => {
  if (!navigator.locks) resolve(false); // a page that is neither https nor on localhost
  navigator.locks?.request(LIFE, () => {
    resolve(true);
    return new Promise(() => {});
  });
});

self.onconnect = async ({ ports: [port] }) => {
  if (await hasLock) port.postMessage({ life: LIFE }); // first, so that a tab notices when the worker dies
  const tab = host.addTab({
    send: (text) => port.postMessage(text),
    close: (code) => port.postMessage({ close: code }),
  });
  port.onmessage = ({ data }) => {
    if (typeof data === "string") tab.handle(JSON.parse(data));
    else tab.remove();
  };
  port.addEventListener("close", () => tab.remove()); // a tab that crashed, in browsers that report it
};
