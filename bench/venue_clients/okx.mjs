// npm `okx-api`: spot and swaps.
import { RestClient } from "okx-api";
import { account, compact, makeCalls } from "./calls.mjs";

const client = new RestClient({ apiKey: account.key, apiSecret: account.secret, apiPass: account.passphrase, baseUrl: account.base });
const [instId, swap] = ["BTC-USDT", "BTC-USDT-SWAP"];
const price = Number((await client.getTicker({ instId }))[0].last);
const near = (factor) => (price * factor).toFixed(1);
const order = (extra) => compact({ instId, tdMode: "cash", side: "buy", ordType: "limit", sz: "0.01", px: near(0.98), ...extra });
const contract = (extra) => compact({ instId: swap, tdMode: "cross", side: "buy", ordType: "market", sz: "2", ...extra });
const algo = (extra) => compact({ instId: swap, tdMode: "cross", side: "sell", ordType: "conditional", sz: "1", reduceOnly: true, slTriggerPx: near(0.9), slOrdPx: "-1", ...extra });
const kept = {};
const keep = async (name, answer) => (kept[name] = (await answer)[0]);
const own = () => ({ instId, ordId: kept.order.ordId });
const resting = async (extra) => ({ instId, ordId: (await client.submitOrder(order(extra)))[0].ordId });

await makeCalls([
  ["getServerTime", () => client.getServerTime()],
  ["getSystemTime", () => client.getSystemTime()],
  ["getSystemStatus", () => client.getSystemStatus()],
  ["getInstruments", () => client.getInstruments({ instType: "SPOT" })],
  ["getAccountInstruments", () => client.getAccountInstruments({ instType: "SWAP" })],
  ["getTickers", () => client.getTickers({ instType: "SPOT" })],
  ["getTicker", () => client.getTicker({ instId })],
  ["getIndexTickers", () => client.getIndexTickers({ quoteCcy: "USDT" })],
  ["getOrderBook", () => client.getOrderBook({ instId, sz: "5" })],
  ["getFullOrderBook", () => client.getFullOrderBook({ instId })],
  ["getCandles", () => client.getCandles({ instId, bar: "1m" })],
  ["getHistoricCandles", () => client.getHistoricCandles({ instId })],
  ["getIndexCandles", () => client.getIndexCandles({ instId })],
  ["getHistoricIndexCandles", () => client.getHistoricIndexCandles({ instId })],
  ["getMarkPriceCandles", () => client.getMarkPriceCandles({ instId: swap })],
  ["getHistoricMarkPriceCandles", () => client.getHistoricMarkPriceCandles({ instId: swap })],
  ["getTrades", () => client.getTrades({ instId })],
  ["getHistoricTrades", () => client.getHistoricTrades({ instId })],
  ["get24hrTotalVolume", () => client.get24hrTotalVolume()],
  ["getOpenInterest", () => client.getOpenInterest({ instType: "SWAP" })],
  ["getFundingRate", () => client.getFundingRate({ instId: swap })],
  ["getFundingRateHistory", () => client.getFundingRateHistory({ instId: swap })],
  ["getMinMaxLimitPrice", () => client.getMinMaxLimitPrice({ instId: swap })],
  ["getMarkPrice", () => client.getMarkPrice({ instType: "SWAP" })],
  ["getPositionTiers", () => client.getPositionTiers({ instType: "SWAP", tdMode: "cross", instFamily: "BTC-USDT" })],
  ["getUnitConvert", () => client.getUnitConvert({ instId: swap, sz: "1" })],
  ["getBalance", () => client.getBalance()],
  ["getAccountConfiguration", () => client.getAccountConfiguration()],
  ["setPositionMode hedge", () => client.setPositionMode({ posMode: "long_short_mode" })],
  ["setPositionMode", () => client.setPositionMode({ posMode: "net_mode" })],
  ["setLeverage", () => client.setLeverage({ instId: swap, lever: "10", mgnMode: "cross" })],
  ["getLeverageV2", () => client.getLeverageV2({ instId: swap, mgnMode: "cross" })],
  ["getMaxBuySellAmount", () => client.getMaxBuySellAmount({ instId, tdMode: "cash" })],
  ["getMaxAvailableTradableAmount", () => client.getMaxAvailableTradableAmount({ instId, tdMode: "cash" })],
  ["getFeeRates", () => client.getFeeRates({ instType: "SPOT" })],
  ["getMaxWithdrawals", () => client.getMaxWithdrawals()],
  ["getAccountRiskState", () => client.getAccountPositionRisk()],
  ["getBills", () => client.getBills()],
  ["getBillsArchive", () => client.getBillsArchive()],
  ["submitOrder limit", () => keep("order", client.submitOrder(order()))],
  ["submitOrder market", () => client.submitOrder(order({ ordType: "market", px: undefined, tgtCcy: "base_ccy" }))],
  ["submitOrder by quote amount", () => client.submitOrder(order({ ordType: "market", px: undefined, sz: "100", tgtCcy: "quote_ccy" }))],
  ["submitOrder swap", () => client.submitOrder(contract())],
  ["submitOrder with stops", () => client.submitOrder(contract({ attachAlgoOrds: [{ tpTriggerPx: near(1.1), tpOrdPx: "-1", slTriggerPx: near(0.9), slOrdPx: "-1" }] }))],
  ["submitOrderPrecheck", () => client.submitOrderPrecheck(order())],
  ["amendOrder", () => client.amendOrder({ ...own(), newPx: near(0.97) })],
  ["getOrderDetails", () => client.getOrderDetails(own())],
  ["getOrderList", () => client.getOrderList()],
  ["submitMultipleOrders", async () => (kept.batch = await client.submitMultipleOrders([order(), order()]))],
  ["amendMultipleOrders", () => client.amendMultipleOrders(kept.batch.map(({ ordId }) => ({ instId, ordId, newPx: near(0.97) })))],
  ["cancelMultipleOrders", () => client.cancelMultipleOrders(kept.batch.map(({ ordId }) => ({ instId, ordId })))],
  ["cancelOrder", async () => client.cancelOrder(await resting())],
  ["cancelAllAfter", () => client.cancelAllAfter({ timeOut: "0" })],
  ["getAccountRateLimit", () => client.getAccountRateLimit()],
  ["getOrderHistory", () => client.getOrderHistory({ instType: "SPOT" })],
  ["getOrderHistoryArchive", () => client.getOrderHistoryArchive({ instType: "SPOT" })],
  ["getFills", () => client.getFills()],
  ["getFillsHistory", () => client.getFillsHistory({ instType: "SPOT" })],
  ["placeAlgoOrder", () => keep("algo", client.placeAlgoOrder(algo()))],
  ["placeAlgoOrder oco", () => client.placeAlgoOrder(algo({ ordType: "oco", tpTriggerPx: near(1.1), tpOrdPx: "-1" }))],
  ["placeAlgoOrder trailing", () => client.placeAlgoOrder(algo({ ordType: "move_order_stop", slTriggerPx: undefined, slOrdPx: undefined, callbackRatio: "0.05" }))],
  ["amendAlgoOrder", () => client.amendAlgoOrder({ instId: swap, algoId: kept.algo.algoId, newSlTriggerPx: near(0.91) })],
  ["getAlgoOrderDetails", () => client.getAlgoOrderDetails({ algoId: kept.algo.algoId })],
  ["getAlgoOrderList", () => client.getAlgoOrderList({ ordType: "conditional" })],
  ["cancelAlgoOrder", () => client.cancelAlgoOrder([{ instId: swap, algoId: kept.algo.algoId }])],
  ["getAlgoOrderHistory", () => client.getAlgoOrderHistory({ ordType: "conditional", state: "canceled" })],
  ["getPositions", () => client.getPositions()],
  ["closePositions", () => client.closePositions({ instId: swap, mgnMode: "cross", autoCxl: true })],
  ["getPositionsHistory", () => client.getPositionsHistory()],
  ["getCurrencies", () => client.getCurrencies()],
  ["getFundingBalances", () => client.getBalances()],
]);
