// npm `binance`, spot.
import { MainClient } from "binance";
import { account, compact, makeCalls } from "./calls.mjs";

const client = new MainClient({ api_key: account.key, api_secret: account.secret, baseUrl: account.base });
const symbol = "BTCUSDT";
const price = Number((await client.getSymbolPriceTicker({ symbol })).price);
const near = (factor) => (price * factor).toFixed(2);
const order = (extra) => compact({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: near(0.9), ...extra });
const market = (extra) => compact({ symbol, side: "BUY", type: "MARKET", quantity: "0.01", ...extra });
const legs = { symbol, side: "SELL", quantity: "0.01", aboveType: "LIMIT_MAKER", abovePrice: near(1.05), belowType: "STOP_LOSS", belowStopPrice: near(0.95) };
const working = { symbol, workingType: "LIMIT", workingSide: "BUY", workingPrice: near(0.9), workingQuantity: "0.01", workingTimeInForce: "GTC" };
const kept = {};
const keep = async (name, answer) => (kept[name] = await answer);
const resting = async (extra) => (await client.submitNewOrder(order(extra))).orderId;

await makeCalls([
  ["testConnectivity", () => client.testConnectivity()],
  ["getSystemStatus", () => client.getSystemStatus()],
  ["getExchangeInfo", () => client.getExchangeInfo({ symbol })],
  ["getOrderBook", () => client.getOrderBook({ symbol, limit: 20 })],
  ["getRecentTrades", () => client.getRecentTrades({ symbol })],
  ["getHistoricalTrades", () => client.getHistoricalTrades({ symbol })],
  ["getAggregateTrades", () => client.getAggregateTrades({ symbol })],
  ["getKlines", () => client.getKlines({ symbol, interval: "1m" })],
  ["getUIKlines", () => client.getUIKlines({ symbol, interval: "1m" })],
  ["getAvgPrice", () => client.getAvgPrice({ symbol })],
  ["getExecutionRules", () => client.getExecutionRules({ symbol })],
  ["getReferencePrice", () => client.getReferencePrice({ symbol })],
  ["get24hrChangeStatistics", () => client.get24hrChangeStatistics({ symbol })],
  ["getTradingDayTicker", () => client.getTradingDayTicker({ symbol })],
  ["getRollingWindowTicker", () => client.getRollingWindowTicker({ symbol, windowSize: "1h" })],
  ["getSymbolPriceTicker", () => client.getSymbolPriceTicker({ symbol })],
  ["getSymbolOrderBookTicker", () => client.getSymbolOrderBookTicker({ symbol })],
  ["testNewOrder", () => client.testNewOrder(order())],
  ["submitNewOrder limit", () => keep("order", client.submitNewOrder(order()))],
  ["submitNewOrder market", () => client.submitNewOrder(market())],
  ["submitNewOrder by quote amount", () => client.submitNewOrder(market({ quantity: undefined, quoteOrderQty: "100" }))],
  ["submitNewOrder stop", () => client.submitNewOrder(order({ type: "STOP_LOSS_LIMIT", side: "SELL", stopPrice: near(0.95) }))],
  ["submitNewOrder post-only", () => client.submitNewOrder(order({ type: "LIMIT_MAKER", timeInForce: undefined }))],
  ["getOrder", () => client.getOrder({ symbol, orderId: kept.order.orderId })],
  ["getOpenOrders", () => client.getOpenOrders({ symbol })],
  ["getAllOrders", () => client.getAllOrders({ symbol })],
  // Its amendOrderKeepPriority asks for a path of futures, which Binance has not either.
  ["putPrivate keepPriority", () => client.putPrivate("api/v3/order/amend/keepPriority", { symbol, orderId: kept.order.orderId, newQty: "0.009" })],
  ["getPrivate order amendments", () => client.getPrivate("api/v3/order/amendments", { symbol, orderId: kept.order.orderId })],
  ["replaceOrder", () => client.replaceOrder({ ...order(), cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: kept.order.orderId, price: near(0.91) })],
  ["cancelOrder", async () => client.cancelOrder({ symbol, orderId: await resting() })],
  ["cancelAllSymbolOrders", () => client.cancelAllSymbolOrders({ symbol })],
  ["submitNewOCO", () => client.submitNewOCO({ symbol, side: "SELL", quantity: "0.01", price: near(1.05), stopPrice: near(0.95) })],
  ["postPrivate oco", () => keep("list", client.postPrivate("api/v3/orderList/oco", legs))],
  ["getOCO", () => client.getOCO({ orderListId: kept.list.orderListId })],
  ["getAllOpenOCO", () => client.getAllOpenOCO()],
  ["cancelOCO", () => client.cancelOCO({ symbol, orderListId: kept.list.orderListId })],
  ["getAllOCO", () => client.getAllOCO()],
  ["submitNewOrderListOTO", () => client.submitNewOrderListOTO({ ...working, pendingType: "LIMIT", pendingSide: "SELL", pendingPrice: near(1.05), pendingQuantity: "0.01", pendingTimeInForce: "GTC" })],
  ["submitNewOrderListOTOCO", () => client.submitNewOrderListOTOCO({ ...working, pendingSide: "SELL", pendingQuantity: "0.01", pendingAboveType: "LIMIT_MAKER", pendingAbovePrice: near(1.05), pendingBelowType: "STOP_LOSS", pendingBelowStopPrice: near(0.85) })],
  ["getAccountInformation", () => client.getAccountInformation()],
  ["getAccountTradeList", () => client.getAccountTradeList({ symbol })],
  ["getOrderRateLimit", () => client.getOrderRateLimit()],
  ["getPreventedMatches", () => client.getPreventedMatches({ symbol, orderId: kept.order.orderId })],
  ["getAllocations", () => client.getAllocations({ symbol })],
  ["getCommissionRates", () => client.getCommissionRates({ symbol })],
  ["getTradeFee", () => client.getTradeFee({ symbol })],
  ["getBalances", () => client.getBalances()],
  ["getApiKeyPermissions", () => client.getApiKeyPermissions()],
  ["getDepositHistory", () => client.getDepositHistory()],
  ["getWithdrawHistory", () => client.getWithdrawHistory()],
]);
