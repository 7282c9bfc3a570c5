/** A socket for `Stream` that is really a port to the worker which holds the one socket of all tabs. */

const LANGUAGE = 2; // spoken between tab and worker: after an update, old and new do not meet
const PATIENCE = 5_000; // with a worker that does not start

function port({ url, door, user }, failed) {
  const name = JSON.stringify({ language: LANGUAGE, url, door, user: String(user) });
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name });
  worker.addEventListener("error", failed);
  return worker.port;
}

/** Makes the class; once a worker has failed, its sockets are plain ones. */
export function sharedSocket(options, surroundings = {}) {
  const { connect = port, WebSocket = globalThis.WebSocket, locks = globalThis.navigator?.locks } = surroundings;
  const { setTimeout, clearTimeout } = options;
  let broken = false;

  return class SharedSocket {
    isShared = true;
    readyState = 0;
    #port;
    #patience;
    #left = new AbortController();

    constructor(url) {
      if (broken) return new WebSocket(url);
      const failed = () => this.#fail();
      this.#patience = setTimeout(failed, PATIENCE);
      try {
        this.#port = connect(options, failed);
      } catch {
        return this.#plain(url);
      }
      this.#port.onmessage = ({ data }) => this.#heard(data);
    }

    send(text) {
      this.#port.postMessage(text);
    }

    close() {
      this.#leave();
      this.#port.postMessage({ leave: true });
      this.#port.close();
    }

    #plain(url) {
      clearTimeout(this.#patience);
      broken = true;
      return new WebSocket(url);
    }

    #leave() {
      this.readyState = 3;
      clearTimeout(this.#patience);
      this.#left.abort();
    }

    #heard(data) {
      if (this.readyState > 1) return;
      if (data.life) return this.#outlive(data.life);
      clearTimeout(this.#patience);
      this.readyState = 1;
      if (typeof data === "string") return this.onmessage?.({ data });
      this.#leave();
      this.#port.close();
      this.onclose?.({ code: data.close });
    }

    /** A worker dies with the tab in whose process it runs, and nobody says so but its lock. */
    #outlive(life) {
      const { signal } = this.#left;
      locks?.request(life, { mode: "shared", signal }, () => this.#lost()).catch(() => {});
    }

    #fail() {
      if (this.readyState < 2) broken = true;
      this.#lost();
    }

    #lost() {
      if (this.readyState > 1) return;
      this.close();
      this.onclose?.({ code: 1006 });
    }
  };
}

/** Whether these options leave it to us, and this browser can. */
export function canShare({ shared, user, token, url, door }) {
  if (shared === false || token || door === "market") return false;
  if (user === undefined || user === null) {
    if (shared) throw new TypeError("only who says whose page it is (`user`) can share a socket");
    return false;
  }
  const place = globalThis.location;
  return typeof SharedWorker === "function" && place?.host === new URL(url).host;
}
