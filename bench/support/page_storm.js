// Runs in the orders page before its own scripts: keeps its sockets, and sends frames through them
// as if they came from the server, so that the measurement is of the page alone.
(() => {
  delete globalThis.SharedWorker; // or the socket would be out of reach
  const sockets = [];
  let isStorming = false;
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class extends Real {
    seq = 0;

    constructor(...options) {
      super(...options);
      sockets.push(this);
      this.addEventListener("message", (event) => {
        const frame = JSON.parse(event.data);
        if (isStorming && frame.type !== "ping") return event.stopImmediatePropagation();
        this.seq = Math.max(this.seq, frame.seq ?? 0);
      });
    }
  };

  const tasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (isStorming) tasks.push(entry.duration);
  }).observe({ type: "longtask" });

  function change(order, number) {
    const filled = (number % 97) / 1e5;
    return {
      ...order,
      version: order.version + number + 1,
      status: "partially_filled",
      filled: filled.toFixed(5),
      remaining: (1 - filled).toFixed(5),
      checked_at: new Date().toISOString(),
    };
  }

  /** Sends so many updates a second; in a second ten orders are new and ten end. */
  globalThis.storm = async ({ rate, seconds }) => {
    const orders = JSON.parse(document.getElementById("orders-data").textContent).filter((order) => !order.ended_at);
    const counts = { frames: 0, paints: 0, sent: 0 };
    const body = document.querySelector(".listing");
    const observer = new MutationObserver(() => (counts.paints += 1));
    observer.observe(body, { subtree: true, childList: true, characterData: true });
    const countFrame = () => {
      counts.frames += 1;
      if (isStorming) requestAnimationFrame(countFrame);
    };
    let newestId = Math.max(...orders.map(({ id }) => id)) + 1e6;
    const deliver = (data) => {
      for (const socket of sockets.filter(({ readyState }) => readyState === 1)) {
        const frame = { type: "order_update", seq: (socket.seq += 1), data };
        socket.onmessage?.({ data: JSON.stringify(frame) });
      }
      counts.sent += 1;
    };
    const sendOne = (number) => {
      const order = orders[number % orders.length];
      if (number % 50 === 1) return deliver({ ...change(order, number), id: (newestId += 1) });
      if (number % 50 === 2) {
        return deliver({ ...change(order, number + 1), id: newestId, status: "filled", ended_at: new Date().toISOString() });
      }
      deliver(change(order, number));
    };
    isStorming = true;
    requestAnimationFrame(countFrame);
    const began = performance.now();
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(((performance.now() - began) / 1000) * rate, rate * seconds);
        while (counts.sent < due) sendOne(counts.sent);
        if (counts.sent < rate * seconds) return;
        clearInterval(timer);
        resolve();
      }, 10);
    });
    isStorming = false;
    observer.disconnect();
    return { ...counts, longTasks: tasks.length, longest: Math.max(0, ...tasks), seconds: (performance.now() - began) / 1000 };
  };

  const SCROLL_PX = 6000; // as far as a wheel brings somebody in a second

  /** Scrolls the page up and down for two seconds, from where it is; returns the time of each frame. */
  globalThis.scrollTable = () => new Promise((resolve) => {
    const began = performance.now();
    const gaps = [];
    let last = began;
    const range = Math.min(SCROLL_PX, document.body.scrollHeight - innerHeight);
    const top = Math.max(0, Math.min(scrollY, document.body.scrollHeight - innerHeight - range));
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      if (now - began > 2000) return resolve({ rows: document.querySelectorAll(".order").length, gaps: gaps.slice(1) });
      scrollTo(0, top + range * Math.abs(Math.sin((now - began) / 640)));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
})();
