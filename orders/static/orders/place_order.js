/** The page with nothing but the form that places an order. */

import { enableOrderForm } from "./place_order_form.js";

enableOrderForm(document);
