/** Numbers as the reader wants them: 1,234.56, 1.234,56 or 1 234.56; users/number_format/separators.py does the same. */

const PLAIN = { group: ",", point: "." };
const SEPARATORS = { comma: { group: ".", point: "," }, space: { group: "\u202f", point: "." } };

export function readSeparators() {
  return SEPARATORS[globalThis.document?.documentElement.dataset.numbers] ?? PLAIN; // tests have no page
}

/** Exchanges the separators of a number that is written as 1,234.56. */
export function writeNumber(text) {
  const { group, point } = readSeparators();
  return text.replace(/[,.]/g, (separator) => (separator === "," ? group : point));
}
