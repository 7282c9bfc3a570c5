// Make the calls of a client one after another, and print what became of each as a line of JSON.

const { row, base, key, secret, passphrase } = JSON.parse(process.env.VENUE_ACCOUNT);
export const account = { row, base, key, secret, passphrase };

/** Return the refusal inside an answer: of the whole request, or of the first order in a batch. */
function findRefusal(answer) {
  if (answer?.retCode) return `${answer.retCode} ${answer.retMsg}`;
  const rows = answer?.retExtInfo?.list ?? (Array.isArray(answer) ? answer : []);
  const refused = rows.find((each) => Number(each?.sCode ?? each?.code ?? 0) !== 0 && !each?.symbol);
  return refused && `${refused.sCode ?? refused.code} ${refused.sMsg ?? refused.msg}`;
}

function describeError(error) {
  const parts = [error?.message, error?.code, error?.msg, error?.body, error?.response?.status];
  const sent = parts.filter((part) => part !== undefined);
  const text = sent.map((part) => (typeof part === "object" ? JSON.stringify(part) : String(part)));
  return text.join(" ") || JSON.stringify(error) || String(error);
}

function judgeError(error) {
  if (error instanceof TypeError || error instanceof ReferenceError) return ["broken", error.stack];
  const text = describeError(error);
  const isUnknown = /404.*not found|requested resource was not found/i.test(text);
  return [isUnknown ? "unknown" : "refused", text];
}

/** Return an object without the fields that are undefined, which some clients would send as text. */
export const compact = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Say whether a client refused by itself, before any request: the call is none of its own. */
const isUnsupported = (error) => /NotSupported|ArgumentsRequired/.test(error?.constructor?.name ?? "");

/** Make each call, a pair of its name and a function; a later call may use what an earlier kept. */
export async function makeCalls(calls) {
  for (const [name, ask] of calls) {
    let outcome = ["answered", ""];
    try {
      const refusal = findRefusal(await ask());
      if (refusal) outcome = ["refused", refusal];
    } catch (error) {
      if (isUnsupported(error)) continue;
      outcome = judgeError(error);
    }
    const [result, detail] = outcome;
    console.log(JSON.stringify({ row: account.row, call: name, result, detail: String(detail).slice(0, 300) }));
  }
  process.exit(0);
}
