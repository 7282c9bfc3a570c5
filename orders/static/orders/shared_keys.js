/** The keys that others share with this user, as the page names them: whose, and to do what. */

const text = globalThis.document?.querySelector("[data-shared-keys]")?.dataset.sharedKeys;
const keys = new Map(Object.entries(JSON.parse(text ?? "{}")));

export const noteSharedKey = ({ id, owner, role }) => keys.set(String(id), { owner, role });
export const forgetSharedKey = ({ id }) => keys.delete(String(id));

/** The owner of an order's key, if it is another user. */
export const findOwner = (order) => keys.get(String(order.key))?.owner ?? "";

/** Whether this user may change an order: of a shared key a trader may, but none of a bot. */
export function mayChange(order) {
  const key = keys.get(String(order.key));
  return !key || (key.role === "trader" && order.bot === null);
}
