/** The page with nothing but the form that places an order. */

import { livenForm } from "./place.js";

livenForm(document);
