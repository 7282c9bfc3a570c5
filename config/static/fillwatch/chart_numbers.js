/** Numbers of charts as people read them: digits in groups, with the reader's separators and a true minus. */

import { writeNumber } from "./numbers.js";

const DIGITS = 6;
const AXIS = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });

const finish = (text) => writeNumber(text).replace("-", "−");

/** 12,345 or −0.0005, beside a chart. */
export function formatAxis(value) {
  return value === null ? "" : finish(AXIS.format(value));
}

/** 12,345.60 USDT: with as many places as money of the unit has, else with six digits. */
export function formatAmount(value, { unit, places, isSigned = false }) {
  if (value === null) return "–";
  const options =
    places === undefined
      ? { maximumSignificantDigits: DIGITS }
      : { minimumFractionDigits: places, maximumFractionDigits: places };
  const signDisplay = isSigned ? "exceptZero" : "negative";
  return `${finish(new Intl.NumberFormat("en", { ...options, signDisplay }).format(value))} ${unit}`;
}

/** A price with its places, digits in groups. */
export function formatPrice(value, places) {
  return formatAmount(value, { unit: "", places }).trim();
}
