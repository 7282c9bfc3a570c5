// Lets node import scripts as a browser does: static files of all apps share one address,
// but on disk each app keeps its own folder.

import { existsSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const APPS = ["bots", "config", "exchanges", "operations", "orders", "realtime"];
const STATIC = /^(file:.*\/)[a-z]+\/static\/(.*)$/;

if (isMainThread) register(import.meta.url);

export function resolve(specifier, context, nextResolve) {
  const parent = context.parentURL && STATIC.exec(context.parentURL);
  if (!parent || !specifier.startsWith("../")) return nextResolve(specifier, context);
  const [, base, path] = parent;
  const { pathname } = new URL(specifier, `static:/${path}`);
  const candidates = APPS.map((app) => `${base}${app}/static${pathname}`);
  return nextResolve(candidates.find((url) => existsSync(fileURLToPath(url))) ?? specifier, context);
}
