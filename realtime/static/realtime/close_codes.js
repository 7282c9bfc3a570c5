/** Close codes are instructions: each says what a client does next. */

const isInRange = (code, first) => code >= first && code < first + 100;

export function chooseReaction(code, { hasToken, hasRetried }) {
  if (isInRange(code, 4500)) return "stop";
  if (isInRange(code, 4200)) return "startOver"; // without the position
  if (!isInRange(code, 4100) || hasToken) return "reconnect";
  // After a password change in this browser there is a new session already: it is tried once.
  return code === 4101 && !hasRetried ? "retryOnce" : "signedOut";
}
