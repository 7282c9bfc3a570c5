/** Puts the times of a page without live parts on the reader's clock. */

import { formatMoment, showClockTimes } from "../fillwatch/time.js";

showClockTimes(document, (value) => formatMoment(value, Date.now()));
