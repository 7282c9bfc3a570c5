/**
 * Who of several tabs does what only one of them should do.
 *
 * In IndexedDB, since its transactions count in all tabs at once; `localStorage` may be late in the others.
 */

const STORE = "claims";
let opening = null;

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("fillwatch", 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

async function putIfHigher(subject, number) {
  const database = await (opening ??= openDatabase());
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    const read = store.get(subject);
    let isHigher = false;
    read.addEventListener("success", () => {
      isHigher = !(read.result >= number);
      if (isHigher) store.put(number, subject);
    });
    transaction.addEventListener("complete", () => resolve(isHigher));
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}

/** Returns whether no tab has claimed this number of the subject, or a higher one, before. */
export function claimNext(subject, number) {
  return putIfHigher(subject, number).catch(() => true); // a browser without storage: each tab for itself
}
