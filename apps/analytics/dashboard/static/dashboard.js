"use strict";

const whole = new Intl.NumberFormat("en");
const decimal = new Intl.NumberFormat("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const SVG = "http://www.w3.org/2000/svg";
const STAGES = { view: "look", cart: "put in the cart", purchase: "buy" };

const byId = (id) => document.getElementById(id);

function show(id, text) {
  byId(id).textContent = text;
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function drawPace(values) {
  const most = Math.max(...values, 0.2);
  const points = values.map((value, at) => `${(300 * at) / (values.length - 1)},${78 - (74 * value) / most}`);
  byId("pace").replaceChildren(
    shape("polygon", { class: "area", points: `0,80 ${points.join(" ")} 300,80` }),
    shape("polyline", { class: "line", points: points.join(" ") }),
  );
  show("pace-most", `at most ${decimal.format(Math.max(...values))} per second`);
}

function drawRevenue(values) {
  const most = Math.max(...values, 0.01);
  const width = 300 / values.length;
  byId("earned").replaceChildren(...values.map((value, at) => {
    const height = (76 * value) / most;
    return shape("rect", { class: "bar", x: at * width, y: 80 - height, width: width * 0.8, height });
  }));
  show("earned-most", `at most ${money.format(Math.max(...values))} in a minute`);
}

function drawFunnel(funnel) {
  const first = funnel.view || 0;
  byId("funnel").replaceChildren(...Object.entries(STAGES).map(([kind, words]) => {
    const shoppers = funnel[kind] || 0;
    const share = first ? shoppers / first : 0;
    const fill = element("div", { className: "fill" });
    fill.style.width = `${Math.min(100, 100 * share)}%`;
    const of = kind === "view" || !first ? "" : ` · ${percent.format(share)}`;
    const text = element("span", {}, `${whole.format(shoppers)} shoppers${of}`);
    return element("li", {}, element("div", {}, words), element("div", { className: "track" }, fill, text));
  }));
}

function fillTable(table, rows) {
  const columns = table.tHead.rows[0].cells.length;
  const empty = element("tr", {}, element("td", { className: "none", colSpan: columns }, "nothing yet"));
  const cells = (row) => row.map((cell) => element("td", {}, cell));
  table.tBodies[0].replaceChildren(
    ...(rows.length ? rows.map((row) => element("tr", {}, ...cells(row))) : [empty]),
  );
}

function meter(share) {
  const made = element("span", { className: "meter" });
  made.style.width = `${5 * share}rem`;
  return made;
}

function drawRates(rates) {
  for (const table of document.querySelectorAll("[data-rate]")) {
    const name = table.dataset.rate;
    fillTable(table, rates[name].map((row) => [
      name === "position" ? String(row.value + 1) : String(row.value),
      whole.format(row.clicks),
      row.shown ? whole.format(row.shown) : "–",
      row.rate === null ? "–" : percent.format(row.rate),
    ]));
  }
}

function draw(figures) {
  show("per-second", decimal.format(figures.per_second));
  show("events", whole.format(figures.events));
  show("kinds", Object.entries(figures.kinds).map(([kind, count]) => `${whole.format(count)} ${kind}`).join(" · "));
  show("revenue", money.format(figures.revenue));
  show("pieces", `${whole.format(figures.orders_pieces)} pieces, at today's prices`);
  const { view, purchase } = figures.funnel;
  show("conversion", view ? percent.format(purchase / view) : "–");
  drawPace(figures.pace);
  drawRevenue(figures.revenue_by_minute);
  drawFunnel(figures.funnel);
  fillTable(byId("top"), figures.top.map((row) => [row.name, whole.format(row.pieces), money.format(row.revenue)]));
  const most = figures.trending.length ? figures.trending[0].score : 1;
  fillTable(byId("trending"), figures.trending.map((row) => [row.name, meter(row.score / most)]));
  drawRates(figures.click_through);
  say(figures.is_reading ? "live" : "Kafka does not answer; the figures stand still", !figures.is_reading);
}

function say(text, late) {
  const state = byId("state");
  if (state.textContent === text) return;
  state.textContent = text;
  state.classList.toggle("late", late);
}

let stream;

function watch() {
  if (stream) stream.close();
  const minutes = document.querySelector("[name=window]:checked").value;
  stream = new EventSource(`stream?minutes=${minutes}`);
  stream.onmessage = (message) => draw(JSON.parse(message.data));
  stream.onerror = () => say("the dashboard does not answer; trying again", true);
}

document.querySelectorAll("[name=window]").forEach((each) => each.addEventListener("change", watch));
watch();
