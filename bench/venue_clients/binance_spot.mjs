// npm `@binance/spot`, Binance's own client.
import { Spot } from "@binance/spot";
import { account, makeCalls } from "./calls.mjs";

const { restAPI } = new Spot({ configurationRestAPI: { apiKey: account.key, apiSecret: account.secret, basePath: account.base } });
const symbol = "BTCUSDT";
const ask = async (name, parameters) => (await restAPI[name](parameters)).data();
const price = Number((await ask("tickerPrice", { symbol })).price);
const near = (factor) => Number((price * factor).toFixed(2));
const order = (extra) => ({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: near(0.9), ...extra });
const below = { belowType: "STOP_LOSS", belowStopPrice: near(0.95) };
const working = { symbol, workingType: "LIMIT", workingSide: "BUY", workingPrice: near(0.9), workingQuantity: 0.01, workingTimeInForce: "GTC" };
const kept = {};
const keep = async (name, answer) => (kept[name] = await answer);
const call = (name, parameters) => [name, () => ask(name, typeof parameters === "function" ? parameters() : parameters)];
const own = () => ({ symbol, orderId: kept.order.orderId });

await makeCalls([
  call("ping"),
  call("time"),
  call("exchangeInfo", { symbol }),
  call("depth", { symbol }),
  call("getTrades", { symbol }),
  call("historicalTrades", { symbol }),
  call("aggTrades", { symbol }),
  call("klines", { symbol, interval: "1m" }),
  call("uiKlines", { symbol, interval: "1m" }),
  call("avgPrice", { symbol }),
  call("ticker24hr", { symbol }),
  call("tickerTradingDay", { symbol }),
  call("tickerPrice", { symbol }),
  call("tickerBookTicker", { symbol }),
  call("ticker", { symbol, windowSize: "1h" }),
  call("executionRules", { symbol }),
  call("referencePrice", { symbol }),
  call("orderTest", order()),
  ["newOrder", () => keep("order", ask("newOrder", order()))],
  call("getOrder", own),
  call("getOpenOrders", { symbol }),
  call("allOrders", { symbol }),
  call("orderAmendKeepPriority", () => ({ ...own(), newQty: 0.009 })),
  call("orderAmendments", own),
  call("orderCancelReplace", () => ({ ...order({ price: near(0.91) }), cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: kept.order.orderId })),
  ["deleteOrder", async () => ask("deleteOrder", { symbol, orderId: (await ask("newOrder", order())).orderId })],
  ["orderListOco", () => keep("list", ask("orderListOco", { symbol, side: "SELL", quantity: 0.01, aboveType: "LIMIT_MAKER", abovePrice: near(1.05), ...below }))],
  call("getOrderList", () => ({ orderListId: kept.list.orderListId })),
  call("openOrderList"),
  call("allOrderList"),
  call("deleteOrderList", () => ({ symbol, orderListId: kept.list.orderListId })),
  call("orderListOto", { ...working, pendingType: "LIMIT", pendingSide: "SELL", pendingPrice: near(1.05), pendingQuantity: 0.01, pendingTimeInForce: "GTC" }),
  call("orderListOtoco", { ...working, pendingSide: "SELL", pendingQuantity: 0.01, pendingAboveType: "LIMIT_MAKER", pendingAbovePrice: near(1.05), pendingBelowType: "STOP_LOSS", pendingBelowStopPrice: near(0.85) }),
  call("deleteOpenOrders", { symbol }),
  call("getAccount"),
  call("accountCommission", { symbol }),
  call("myTrades", { symbol }),
  call("rateLimitOrder"),
  call("myPreventedMatches", own),
  call("myAllocations", { symbol }),
  call("myFilters", { symbol }),
]);
