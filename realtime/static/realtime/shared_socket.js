/** A socket for `Stream` that is a port to the worker, which holds the one socket of all tabs. */

const LANGUAGE = 2; // of tab and worker: after an update, old tabs and new workers do not meet
const PATIENCE = 5_000; // with a worker that does not start

function connectWorker({ url, door, user }, onError) {
  const name = JSON.stringify({ language: LANGUAGE, url, door, user: String(user) });
  const worker = new SharedWorker(new URL("../realtime/worker.js", import.meta.url), { type: "module", name });
  worker.addEventListener("error", onError);
  return worker.port;
}

/** Creates the class; once a worker has failed, its sockets are plain ones. */
export function createSharedSocket(options, platform = {}) {
  const { connect = connectWorker, WebSocket = globalThis.WebSocket, locks = globalThis.navigator?.locks } = platform;
  const { setTimeout, clearTimeout } = options;
  let isBroken = false;

  return class SharedSocket {
    isShared = true;
    readyState = 0;
    #port;
    #timeout;
    #leaving = new AbortController();

    constructor(url) {
      if (isBroken) return new WebSocket(url);
      const onError = () => this.#fail();
      this.#timeout = setTimeout(onError, PATIENCE);
      try {
        this.#port = connect(options, onError);
      } catch {
        return this.#openPlain(url);
      }
      this.#port.onmessage = ({ data }) => this.#handleMessage(data);
    }

    send(text) {
      this.#port.postMessage(text);
    }

    close() {
      this.#leave();
      this.#port.postMessage({ leave: true });
      this.#port.close();
    }

    #openPlain(url) {
      clearTimeout(this.#timeout);
      isBroken = true;
      return new WebSocket(url);
    }

    #leave() {
      this.readyState = 3;
      clearTimeout(this.#timeout);
      this.#leaving.abort();
    }

    #handleMessage(data) {
      if (this.readyState > 1) return;
      if (data.life) return this.#watchLife(data.life);
      clearTimeout(this.#timeout);
      this.readyState = 1;
      if (typeof data === "string") return this.onmessage?.({ data });
      this.#leave();
      this.#port.close();
      this.onclose?.({ code: data.close });
    }

    /** A worker dies with the tab in whose process it runs; only its lock shows it. */
    #watchLife(life) {
      const { signal } = this.#leaving;
      locks?.request(life, { mode: "shared", signal }, () => this.#reportLoss()).catch(() => {});
    }

    #fail() {
      if (this.readyState < 2) isBroken = true;
      this.#reportLoss();
    }

    #reportLoss() {
      if (this.readyState > 1) return;
      this.close();
      this.onclose?.({ code: 1006 });
    }
  };
}

/** Whether the options allow a shared socket, and this browser has one. */
export function canShareSocket({ shared, user, token, url, door }) {
  if (shared === false || token || door === "market") return false;
  if (user === undefined || user === null) {
    if (shared) throw new TypeError("only who says whose page it is (`user`) can share a socket");
    return false;
  }
  const page = globalThis.location;
  return typeof SharedWorker === "function" && page?.host === new URL(url).host;
}
