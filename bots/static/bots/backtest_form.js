/** Another strategy has other settings, another market other symbols: nothing typed is lost. */

import { startStrategyForm } from "./strategy_form.js";

startStrategyForm(document.getElementById("backtest"), "place");
