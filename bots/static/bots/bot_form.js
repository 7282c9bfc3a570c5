/** Another strategy has other settings, another key trades other symbols: nothing typed is lost. */

import "../fillwatch/flash.js";
import { startStrategyForm } from "./strategy_form.js";

startStrategyForm(document.getElementById("bot"), "key");
