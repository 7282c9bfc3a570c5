/** Close codes are instructions: what a client does next. */

const between = (code, first) => code >= first && code < first + 100;

export function instruction(code, { hasToken, lookedAgain }) {
  if (between(code, 4500)) return "stop";
  if (between(code, 4200)) return "anew"; // without the position
  if (!between(code, 4100) || hasToken) return "again";
  // Who changed their password in this browser has a new session already: once, it is tried.
  return code === 4101 && !lookedAgain ? "lookAgain" : "signedOut";
}
