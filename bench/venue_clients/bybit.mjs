// npm `bybit-api`: spot and linear contracts.
import { RestClientV5 } from "bybit-api";
import { account, compact, makeCalls } from "./calls.mjs";

const client = new RestClientV5({ key: account.key, secret: account.secret, baseUrl: account.base });
const symbol = "BTCUSDT";
const [spot, linear] = [{ category: "spot", symbol }, { category: "linear", symbol }];
const price = Number((await client.getTickers(spot)).result.list[0].lastPrice);
const near = (factor) => (price * factor).toFixed(1);
const order = (extra) => compact({ ...spot, side: "Buy", orderType: "Limit", qty: "0.01", price: near(0.98), ...extra });
const contract = (extra) => compact({ ...linear, side: "Buy", orderType: "Market", qty: "0.02", ...extra });
const kept = {};
const keep = async (name, answer) => {
  const told = await answer;
  kept[name] = told.result;
  return told;
};
const own = () => ({ ...spot, orderId: kept.order.orderId });
const ids = () => kept.batch.list.map(({ orderId }) => ({ symbol, orderId }));
const legs = [1, 2].map(() => ({ symbol, side: "Buy", orderType: "Limit", qty: "0.01", price: near(0.98) }));
const closePart = async () => {
  await client.submitOrder(contract());
  return client.submitOrder(contract({ side: "Sell", reduceOnly: true }));
};

await makeCalls([
  ["getServerTime", () => client.getServerTime()],
  ["getSystemStatus", () => client.getSystemStatus()],
  ["getInstrumentsInfo", () => client.getInstrumentsInfo(linear)],
  ["getKline", () => client.getKline({ ...spot, interval: "1" })],
  ["getMarkPriceKline", () => client.getMarkPriceKline({ ...linear, interval: "1" })],
  ["getIndexPriceKline", () => client.getIndexPriceKline({ ...linear, interval: "1" })],
  ["getPremiumIndexPriceKline", () => client.getPremiumIndexPriceKline({ ...linear, interval: "1" })],
  ["getOrderbook", () => client.getOrderbook(spot)],
  ["getTickers", () => client.getTickers(linear)],
  ["getFundingRateHistory", () => client.getFundingRateHistory(linear)],
  ["getPublicTradingHistory", () => client.getPublicTradingHistory(spot)],
  ["getOpenInterest", () => client.getOpenInterest({ ...linear, intervalTime: "5min" })],
  ["getRiskLimit", () => client.getRiskLimit(linear)],
  ["getOrderPriceLimit", () => client.getOrderPriceLimit(linear)],
  ["getLongShortRatio", () => client.getLongShortRatio({ ...linear, period: "5min" })],
  ["getInsurance", () => client.getInsurance()],
  ["switchPositionMode", () => client.switchPositionMode({ category: "linear", coin: "USDT", mode: 3 })],
  ["switchPositionMode back", () => client.switchPositionMode({ category: "linear", coin: "USDT", mode: 0 })],
  ["submitOrder limit", () => keep("order", client.submitOrder(order()))],
  ["submitOrder market", () => client.submitOrder(order({ orderType: "Market", price: undefined, marketUnit: "baseCoin" }))],
  ["submitOrder by quote amount", () => client.submitOrder(order({ orderType: "Market", price: undefined, qty: "100", marketUnit: "quoteCoin" }))],
  ["submitOrder linear", () => client.submitOrder(contract())],
  ["submitOrder with stops", () => client.submitOrder(contract({ takeProfit: near(1.1), stopLoss: near(0.9) }))],
  ["submitOrder reduce-only", () => client.submitOrder(contract({ side: "Sell", reduceOnly: true }))],
  ["submitOrder trigger", () => client.submitOrder(contract({ side: "Sell", triggerPrice: near(0.9), triggerDirection: 2 }))],
  ["preCheckOrder", () => client.preCheckOrder(order())],
  ["amendOrder", () => client.amendOrder({ ...own(), price: near(0.97) })],
  ["getActiveOrders", () => client.getActiveOrders(spot)],
  ["batchSubmitOrders", () => keep("batch", client.batchSubmitOrders("linear", legs))],
  ["batchAmendOrders", () => client.batchAmendOrders("linear", ids().map((each) => ({ ...each, price: near(0.97) })))],
  ["batchCancelOrders", () => client.batchCancelOrders("linear", ids())],
  ["cancelOrder", () => client.cancelOrder(own())],
  ["cancelAllOrders", () => client.cancelAllOrders({ category: "linear", symbol })],
  ["getHistoricOrders", () => client.getHistoricOrders(spot)],
  ["getExecutionList", () => client.getExecutionList(spot)],
  ["getSpotBorrowCheck", () => client.getSpotBorrowCheck(symbol, "Buy")],
  ["setDisconnectCancelAllWindowV2", () => client.setDisconnectCancelAllWindowV2({ product: "DERIVATIVES", timeWindow: 10 })],
  ["getDCPInfo", () => client.getDCPInfo()],
  ["getPositionInfo", () => client.getPositionInfo(linear)],
  ["getPositionInfo inverse", () => client.getPositionInfo({ category: "inverse", symbol: "BTCUSD" })],
  ["getPositionInfo option", () => client.getPositionInfo({ category: "option" })],
  ["setLeverage", () => client.setLeverage({ ...linear, buyLeverage: "11", sellLeverage: "11" })],
  ["setTradingStop", () => client.setTradingStop({ ...linear, takeProfit: near(1.1), stopLoss: near(0.9), positionIdx: 0, tpslMode: "Full" })],
  ["setAutoAddMargin", () => client.setAutoAddMargin({ ...linear, autoAddMargin: 0 })],
  ["submitOrder close", () => closePart()],
  ["getClosedPnL", () => client.getClosedPnL(linear)],
  ["getMovePositionHistory", () => client.getMovePositionHistory()],
  ["getWalletBalance", () => client.getWalletBalance({ accountType: "UNIFIED" })],
  ["getTransferableAmount", () => client.getTransferableAmount({ coinName: "USDT" })],
  ["getBorrowHistory", () => client.getBorrowHistory()],
  ["getCollateralInfo", () => client.getCollateralInfo()],
  ["getFeeRate", () => client.getFeeRate(linear)],
  ["getAccountInfo", () => client.getAccountInfo()],
  ["getTransactionLog", () => client.getTransactionLog()],
  ["getSMPGroup", () => client.getSMPGroup()],
  ["setMarginMode", () => client.setMarginMode("REGULAR_MARGIN")],
  ["getCoinInfo", () => client.getCoinInfo()],
  ["getAllCoinsBalance", () => client.getAllCoinsBalance({ accountType: "UNIFIED" })],
  ["getCoinBalance", () => client.getCoinBalance({ accountType: "UNIFIED", coin: "USDT" })],
  ["getQueryApiKey", () => client.getQueryApiKey()],
  ["getDepositRecords", () => client.getDepositRecords()],
  ["getWithdrawalRecords", () => client.getWithdrawalRecords()],
]);
