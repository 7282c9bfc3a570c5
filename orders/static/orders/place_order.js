/** The page with nothing but the form that places an order. */

import { livenForm } from "./place_order_form.js";

livenForm(document);
