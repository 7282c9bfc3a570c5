// npm `ccxt`: the unified calls, of one venue and market.
import ccxt from "ccxt";
import { account, makeCalls } from "./calls.mjs";

const { venue, kind } = JSON.parse(process.env.VENUE_MARKET);
const credentials = { apiKey: account.key, secret: account.secret, password: account.passphrase };
const isSwap = kind === "swap";
const exchange = new ccxt[venue]({ ...credentials, enableRateLimit: false, options: { defaultType: kind, fetchMargins: false } });

/** Lead every address of the client to the simulated venue. */
function redirect(urls) {
  for (const [name, url] of Object.entries(urls)) {
    if (typeof url === "string") urls[name] = url.replace(/^https?:\/\/[^/]+/, account.base);
    else redirect(url);
  }
}
redirect(exchange.urls.api);
exchange.hostname = new URL(account.base).host;
await exchange.loadMarkets();

const symbol = isSwap ? "BTC/USDT:USDT" : "BTC/USDT";
const price = (await exchange.fetchTicker(symbol)).last;
const contracts = venue === "okx" && isSwap ? 100 : 1;
const amount = (coins) => Number((coins * contracts).toFixed(4));
const near = (factor) => exchange.priceToPrecision(symbol, price * factor);
const kept = {};
const keep = async (name, answer) => (kept[name] = await answer);
const place = (extra = {}) => exchange.createOrder(symbol, "limit", "buy", amount(0.01), near(0.98), extra);
const open = () => exchange.createOrder(symbol, "market", "buy", amount(0.02), price);
const stop = { stopLossPrice: near(0.9), ...(isSwap ? { reduceOnly: true } : {}) };
const legs = [0.98, 0.97].map((factor) => ({ symbol, type: "limit", side: "buy", amount: amount(0.01), price: near(factor), params: {} }));
const batch = async () => (kept.batch ??= [await place(), await place()]);

const calls = {
  fetchTime: () => exchange.fetchTime(),
  fetchStatus: () => exchange.fetchStatus(),
  fetchMarkets: () => exchange.fetchMarkets(),
  fetchCurrencies: () => exchange.fetchCurrencies(),
  fetchTicker: () => exchange.fetchTicker(symbol),
  fetchTickers: () => exchange.fetchTickers([symbol]),
  fetchBidsAsks: () => exchange.fetchBidsAsks([symbol]),
  fetchLastPrices: () => exchange.fetchLastPrices([symbol]),
  fetchMarkPrice: () => exchange.fetchMarkPrice("BTC/USDT:USDT"),
  fetchMarkPrices: () => exchange.fetchMarkPrices(isSwap ? [symbol] : undefined),
  fetchOrderBook: () => exchange.fetchOrderBook(symbol, 5),
  fetchTrades: () => exchange.fetchTrades(symbol),
  fetchOHLCV: () => exchange.fetchOHLCV(symbol, "1m"),
  fetchMarkOHLCV: () => exchange.fetchMarkOHLCV("BTC/USDT:USDT", "1m"),
  fetchIndexOHLCV: () => exchange.fetchIndexOHLCV("BTC/USDT:USDT", "1m"),
  fetchPremiumIndexOHLCV: () => exchange.fetchPremiumIndexOHLCV("BTC/USDT:USDT", "1m"),
  fetchFundingRate: () => exchange.fetchFundingRate(symbol),
  fetchFundingRates: () => exchange.fetchFundingRates([symbol]),
  fetchFundingRateHistory: () => exchange.fetchFundingRateHistory(symbol),
  fetchFundingInterval: () => exchange.fetchFundingInterval(symbol),
  fetchFundingIntervals: () => exchange.fetchFundingIntervals([symbol]),
  fetchOpenInterest: () => exchange.fetchOpenInterest(symbol),
  fetchOpenInterests: () => exchange.fetchOpenInterests([symbol]),
  fetchOpenInterestHistory: () => exchange.fetchOpenInterestHistory(symbol),
  fetchLongShortRatioHistory: () => exchange.fetchLongShortRatioHistory(symbol, "1h"),
  fetchLeverageTiers: () => exchange.fetchLeverageTiers([symbol]),
  fetchMarketLeverageTiers: () => exchange.fetchMarketLeverageTiers(symbol),
  fetchBalance: () => exchange.fetchBalance(),
  fetchAccounts: () => exchange.fetchAccounts(),
  fetchTradingFee: () => exchange.fetchTradingFee(symbol),
  fetchTradingFees: () => exchange.fetchTradingFees(),
  fetchPositionMode: () => exchange.fetchPositionMode(symbol),
  setPositionMode: () => exchange.setPositionMode(true),
  "setPositionMode back": () => exchange.setPositionMode(false),
  setMarginMode: () => exchange.setMarginMode("isolated", symbol, { lever: 10, leverage: 10 }),
  "setMarginMode back": () => exchange.setMarginMode("cross", symbol, { lever: 10, leverage: 10 }),
  setLeverage: () => exchange.setLeverage(12, symbol, { mgnMode: "cross" }),
  fetchLeverage: () => exchange.fetchLeverage(symbol, { marginMode: "cross" }),
  fetchLeverages: () => exchange.fetchLeverages([symbol]),
  fetchMarginMode: () => exchange.fetchMarginMode(symbol),
  fetchMarginModes: () => exchange.fetchMarginModes([symbol]),
  createOrder: () => keep("order", place()),
  "createOrder market": open,
  "createOrder post-only": () => place({ postOnly: true }),
  createMarketBuyOrderWithCost: () => exchange.createMarketBuyOrderWithCost(symbol, 100),
  createMarketSellOrderWithCost: () => exchange.createMarketSellOrderWithCost(symbol, 100),
  createMarketOrderWithCost: () => exchange.createMarketOrderWithCost(symbol, "buy", 100),
  createStopOrder: () => exchange.createOrder(symbol, "market", "sell", amount(0.01), undefined, stop),
  createTriggerOrder: () => exchange.createTriggerOrder(symbol, "limit", "sell", amount(0.01), near(0.9), near(0.91), { triggerDirection: "descending", ...(isSwap ? { reduceOnly: true } : {}) }),
  createOrderWithTakeProfitAndStopLoss: () => exchange.createOrderWithTakeProfitAndStopLoss(symbol, "limit", "buy", amount(0.01), near(0.98), near(1.05), near(0.9)),
  createTrailingPercentOrder: () => exchange.createTrailingPercentOrder(symbol, "market", "sell", amount(0.01), undefined, 1, undefined, { reduceOnly: true }),
  createTrailingAmountOrder: () => exchange.createTrailingAmountOrder(symbol, "market", "sell", amount(0.01), undefined, 1000, undefined, { reduceOnly: true }),
  createReduceOnlyOrder: () => exchange.createReduceOnlyOrder(symbol, "market", "sell", amount(0.01)),
  fetchOrder: () => exchange.fetchOrder(kept.order.id, symbol, { acknowledged: true }),
  fetchOpenOrder: () => exchange.fetchOpenOrder(kept.order.id, symbol),
  fetchOpenOrders: () => exchange.fetchOpenOrders(symbol),
  editOrder: () => exchange.editOrder(kept.order.id, symbol, "limit", "buy", amount(0.01), near(0.97)),
  createOrders: () => keep("batch", exchange.createOrders(legs)),
  editOrders: async () => exchange.editOrders((await batch()).map(({ id }) => ({ id, symbol, type: "limit", side: "buy", amount: amount(0.01), price: near(0.96), params: {} }))),
  cancelOrders: async () => exchange.cancelOrders((await batch()).map(({ id }) => id), symbol),
  cancelOrdersForSymbols: async () => exchange.cancelOrdersForSymbols([{ id: (await place()).id, symbol }]),
  cancelOrder: async () => exchange.cancelOrder((await place()).id, symbol),
  cancelAllOrdersAfter: () => exchange.cancelAllOrdersAfter(venue === "bybit" ? 10000 : 0, { symbol }),
  cancelAllOrders: () => exchange.cancelAllOrders(symbol),
  fetchOrders: () => exchange.fetchOrders(symbol, undefined, undefined, { acknowledged: true }),
  fetchClosedOrder: () => exchange.fetchClosedOrder(kept.order.id, symbol),
  fetchClosedOrders: () => exchange.fetchClosedOrders(symbol),
  fetchCanceledOrders: () => exchange.fetchCanceledOrders(symbol),
  fetchCanceledAndClosedOrders: () => exchange.fetchCanceledAndClosedOrders(symbol),
  fetchMyTrades: () => exchange.fetchMyTrades(symbol),
  fetchOrderTrades: () => exchange.fetchOrderTrades(kept.order.id, symbol),
  fetchPosition: () => exchange.fetchPosition(symbol),
  fetchPositions: () => exchange.fetchPositions([symbol]),
  fetchPositionsForSymbol: () => exchange.fetchPositionsForSymbol(symbol),
  fetchPositionsRisk: () => exchange.fetchPositionsRisk([symbol]),
  fetchADLRank: () => exchange.fetchADLRank(symbol),
  fetchPositionADLRank: () => exchange.fetchPositionADLRank(symbol),
  closePosition: () => exchange.closePosition(symbol, undefined, { marginMode: "cross" }),
  fetchPositionHistory: () => exchange.fetchPositionHistory(symbol),
  fetchPositionsHistory: () => exchange.fetchPositionsHistory([symbol]),
  fetchFundingHistory: () => exchange.fetchFundingHistory(symbol),
  fetchLedger: () => exchange.fetchLedger(isSwap ? "USDT" : undefined),
  fetchMyLiquidations: () => exchange.fetchMyLiquidations(symbol),
  fetchMarginAdjustmentHistory: () => exchange.fetchMarginAdjustmentHistory(symbol, venue === "okx" ? "add" : undefined),
  fetchDeposits: () => exchange.fetchDeposits(),
  fetchWithdrawals: () => exchange.fetchWithdrawals(),
};
const contractsOnly = /Mark|Index|Funding|Interest|Leverage|MarginMode|MarginAdjust|Position|LongShort|ADL|Liquidations|ReduceOnly|Trailing/;
const spotOnly = /WithCost/;
// What a client says it has and refuses by itself, without a request.
const refusedByClient = venue === "binance" ? /^cancelOrders$/ : /^$/;
const isOffered = ([name]) => !refusedByClient.test(name) && exchange.has[name.split(" ")[0]] && !(isSwap ? spotOnly : contractsOnly).test(name);
await makeCalls(Object.entries(calls).filter(isOffered));
