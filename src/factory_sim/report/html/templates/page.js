"use strict";

/* Tables: a click on a head sorts by its column, another one the other way round. */
const key = (row, column) => {
  const cell = row.cells[column];
  return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
};
const order = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
const compare = (a, b) =>
  typeof a === "number" && typeof b === "number" ? a - b
    : typeof a === typeof b ? order(a, b)
      : typeof a === "number" ? -1 : 1;

for (const table of document.querySelectorAll("table.sorted")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.firstElementChild.addEventListener("click", () => {
      const isText = head.classList.contains("text");
      const was = head.getAttribute("aria-sort");
      // What is large comes first in a column of numbers, what begins with A in one of text.
      const next = was ? (was === "ascending" ? "descending" : "ascending")
        : isText ? "ascending" : "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const rows = [...table.tBodies[0].rows];
      const keys = new Map(rows.map((row) => [row, key(row, column)]));
      rows.sort((a, b) => sign * compare(keys.get(a), keys.get(b)));
      table.tBodies[0].append(...rows);
    });
  });
}

/* Paper is too narrow for many columns: they are printed in parts, each with those that name rows. */
const WIDEST = 11;
function part(table, shown) {
  const copy = table.cloneNode(true);
  copy.className = "part";
  for (const row of copy.rows) [...row.cells].forEach((cell, column) => shown.has(column) || cell.remove());
  return copy;
}
addEventListener("beforeprint", () => {
  for (const table of document.querySelectorAll("table.sorted")) {
    const heads = [...table.tHead.rows[0].cells];
    if (heads.length <= WIDEST) continue;
    const first = Math.max(1, heads.findIndex((head, column) => column && !head.classList.contains("text")));
    const number = Math.ceil((heads.length - first) / (WIDEST - first));
    const size = Math.ceil((heads.length - first) / number);
    for (let begin = first; begin < heads.length; begin += size) {
      const shown = heads.map((_, column) => column).filter((c) => c < first || (c >= begin && c < begin + size));
      table.parentElement.append(part(table, new Set(shown)));
    }
    table.classList.add("parted");
  }
});
addEventListener("afterprint", () => {
  document.querySelectorAll("table.part").forEach((copy) => copy.remove());
  document.querySelectorAll("table.parted").forEach((table) => table.classList.remove("parted"));
});

/* Charts: always on white, in the colours of the figures. */
const INK = "#1a1a1a", GRID = "#e4e4e4", EDGE = "#777777";
Chart.defaults.color = INK;
Chart.defaults.borderColor = GRID;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.plugins.legend.labels.boxWidth = 14;
Chart.defaults.layout = { padding: 8 };

const faded = (colour) => colour + "30";
const titled = (text, more) => ({ title: { display: Boolean(text), text }, ...more });

/* Of bars that lie: a row each, as high as it takes to read all names. */
const fitted = (canvas, rows) => { canvas.parentElement.style.height = `${96 + (rows > 40 ? 17 : 22) * rows}px`; };
const shortened = (text, room) => text.length > room
  ? `${text.slice(0, Math.ceil(room * 0.6))}…${text.slice(1 - Math.floor(room * 0.4))}` : text;
const names = (labels, canvas) => {
  const room = Math.round(canvas.parentElement.clientWidth / 17);
  const callback = (_value, place) => shortened(labels[place], room);
  return { ticks: { autoSkip: false, font: { size: labels.length > 40 ? 10 : 12 }, callback }, grid: { display: false } };
};

function stacked(spec, canvas) {
  fitted(canvas, spec.labels.length);
  const sets = spec.series.map((one) => ({
    label: one.label, data: one.values, backgroundColor: one.colour,
    borderColor: EDGE, borderWidth: 0.5, barPercentage: 0.95, categoryPercentage: 0.9,
  }));
  return {
    type: "bar",
    data: { labels: spec.labels, datasets: sets },
    options: {
      indexAxis: "y",
      interaction: { mode: "index", axis: "y", intersect: false },
      plugins: {
        tooltip: {
          filter: (item) => item.raw !== 0,
          callbacks: { label: (item) => `${item.dataset.label} ${item.formattedValue} ${spec.unit}` },
        },
      },
      scales: {
        x: { stacked: true, max: spec.most ?? undefined, position: "top", ...titled(spec.axis) },
        y: { stacked: true, ...names(spec.labels, canvas) },
      },
    },
  };
}

function bars(spec, canvas, choice) {
  const measure = spec.measures[choice];
  fitted(canvas, spec.labels.length);
  const known = (one) => one.low === null || one.low === one.high ? null : [one.low, one.high];
  // A bar whose interval reaches 0 is hollow, as in the figures.
  const told = (one) => one.low === null || one.low > 0 || one.high < 0;
  const common = { grouped: false, categoryPercentage: 1 };
  return {
    type: "bar",
    data: {
      labels: spec.labels,
      datasets: [
        { ...common, label: spec.interval, data: measure.series.map(known), backgroundColor: INK, barThickness: 2 },
        {
          ...common, label: measure.label, data: measure.series.map((one) => one.mean),
          backgroundColor: measure.series.map((one) => told(one) ? spec.colour : "#ffffff"),
          borderColor: spec.colour, borderWidth: 1, barPercentage: 0.7,
        },
      ],
    },
    options: {
      indexAxis: "y",
      interaction: { mode: "index", axis: "y", intersect: false },
      plugins: {
        tooltip: {
          filter: (item) => item.datasetIndex === 1,
          callbacks: { label: (item) => `${measure.series[item.dataIndex].text} ${measure.unit}` },
        },
      },
      scales: { x: { position: "top", ...titled(measure.title, { grace: "4%" }) }, y: names(spec.labels, canvas) },
    },
  };
}

function replications(spec, _canvas, choice) {
  const measure = spec.measures[choice];
  const dots = measure.series.flatMap((one) => [
    {
      label: one.label, data: one.values, borderColor: one.colour, backgroundColor: one.colour,
      showLine: false, pointRadius: 3, pointHoverRadius: 6,
    },
    {
      label: `${measure.series.length > 1 ? one.label + " " : ""}${spec.mean} ${one.text}`,
      data: spec.labels.map(() => one.mean), borderColor: one.colour, borderWidth: 1.5,
      borderDash: [5, 4], pointRadius: 0, pointHitRadius: 0,
    },
  ]);
  return {
    type: "line",
    data: { labels: spec.labels, datasets: dots },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: { x: { ...titled(spec.axis), grid: { display: false } }, y: titled(measure.title, { grace: "8%" }) },
    },
  };
}

function band(spec, one) {
  const point = (value, place) => ({ x: one.at[place], y: value });
  const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0 };
  const of = one.label ? ` ${one.label}` : "";
  return [
    { ...edge, label: "", data: one.low.map(point), fill: false },
    {
      ...edge, label: spec.interval + of, data: one.high.map(point), fill: "-1", isBand: true,
      backgroundColor: faded(one.colour), borderColor: faded(one.colour),
    },
    {
      label: spec.mean + of, data: one.mean.map(point), borderColor: one.colour, backgroundColor: one.colour,
      borderWidth: 2, pointRadius: 4, pointHoverRadius: 7, text: one.text,
    },
  ];
}

function lines(spec, title, datasets, axis) {
  return {
    type: "line",
    data: { labels: spec.labels, datasets },
    options: {
      plugins: {
        legend: { labels: { filter: (item) => item.text !== "" } },
        tooltip: {
          filter: (item) => item.dataset.label !== "" && !item.dataset.isBand,
          callbacks: {
            title: (items) => items.length ? axis.named(items[0].parsed.x) : "",
            label: (item) => `${item.dataset.label} ${item.dataset.text?.[item.dataIndex] ?? item.formattedValue}`,
          },
        },
      },
      scales: { x: { type: "linear", ...titled(spec.axis), ...axis.scale }, y: titled(title, { grace: "5%" }) },
    },
  };
}

function levels(spec, _canvas, choice) {
  const measure = spec.measures[choice];
  const at = spec.at ?? spec.labels.map((_label, place) => place);
  const label = (x) => spec.labels[at.indexOf(x)] ?? "";
  const values = (name) => measure.series.map((one) => one[name]);
  const each = {
    label: spec.one, showLine: false, pointRadius: 2, borderColor: EDGE, backgroundColor: EDGE,
    data: measure.series.flatMap((one, place) => one.values.map((y) => ({ x: at[place], y }))),
  };
  const ends = Object.fromEntries(["low", "high", "mean", "text"].map((name) => [name, values(name)]));
  const sets = band(spec, { at, colour: spec.colour, ...ends });
  if (!spec.at) {  // settings in no order: what lies between two of them means nothing
    const upright = (one, place) => [one.low, one.high, null].map((y) => ({ x: at[place], y }));
    sets.splice(0, 2, { ...sets[1], fill: false, borderWidth: 10, data: measure.series.flatMap(upright) });
    sets[1].showLine = false;
  }
  const margin = (Math.max(...at) - Math.min(...at) || 1) * 0.04;
  const scale = { min: Math.min(...at) - margin, max: Math.max(...at) + margin, grid: { display: false } };
  scale.afterBuildTicks = (axis) => { axis.ticks = at.map((value) => ({ value })); };
  scale.ticks = { callback: label, autoSkip: true };
  return lines(spec, measure.title, [...sets, each], { named: label, scale });
}

function days(spec) {
  const sets = spec.series.flatMap((one) => band(spec, one));
  const scale = { grid: { display: false }, min: 0.5, ticks: { stepSize: 1, callback: (x) => Number.isInteger(x) ? x : "" } };
  const chart = lines(spec, spec.unit, sets, { named: (x) => `${spec.axis} ${x}`, scale });
  chart.options.interaction = { mode: "x", intersect: false };
  chart.options.scales.y.beginAtZero = true;
  return chart;
}

/* Figures over the day: faults are shaded, the time until all is back to normal fainter. */
const clock = (seconds) => {
  const whole = Math.round(seconds) % 86400;
  const two = (number) => String(number).padStart(2, "0");
  const text = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}`;
  return whole % 60 ? `${text}:${two(whole % 60)}` : text;
};
const shaded = (faults) => ({
  beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
    const fill = (from, to, colour) => {
      const left = scales.x.getPixelForValue(from);
      ctx.fillStyle = colour;
      ctx.fillRect(left, chartArea.top, scales.x.getPixelForValue(to) - left, chartArea.bottom - chartArea.top);
    };
    for (const [begin, end, back] of faults) {
      fill(begin, end, "#dddddd");
      if (back !== null && back > end) fill(end, back, "#f0f0f0");
    }
  },
});

function courses(spec, _canvas, choice) {
  const measure = spec.measures[choice];
  const end = spec.at[spec.at.length - 1];
  const nice = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  const step = nice.find((one) => end / one <= 10) ?? end / 10;
  const sets = measure.series.map((one) => ({
    label: one.label, borderColor: one.colour, backgroundColor: one.colour, borderDash: one.dash,
    borderWidth: 1.8, pointRadius: 0, pointHoverRadius: 4, stepped: true,
    data: one.values.map((y, place) => ({ x: spec.at[place], y })),
  }));
  const ticks = [];
  for (let at = Math.ceil(spec.begin / step) * step - spec.begin; at <= end; at += step) ticks.push({ value: at });
  const scale = { min: 0, max: end, grid: { display: false }, ticks: { callback: (x) => clock(spec.begin + x), autoSkip: true } };
  scale.afterBuildTicks = (axis) => { axis.ticks = ticks; };
  const chart = lines(spec, measure.title, sets, { named: (x) => clock(spec.begin + x), scale });
  chart.options.interaction = { mode: "index", intersect: false };
  chart.options.scales.y.type = measure.log ? "logarithmic" : "linear";
  chart.options.scales.y.beginAtZero = true;
  chart.options.plugins.legend.labels = {
    usePointStyle: true, pointStyle: "line", pointStyleWidth: 30,
    generateLabels: (made) => Chart.defaults.plugins.legend.labels.generateLabels(made)
      .map((item) => ({ ...item, lineDash: sets[item.datasetIndex].borderDash })),
  };
  chart.plugins = [shaded(spec.faults)];
  return chart;
}

const KINDS = { stacked, bars, replications, levels, days, courses };
// A canvas keeps the letters of the font that was there when it was drawn.
document.fonts.ready.then(() => {
  for (const spec of JSON.parse(document.getElementById("data").textContent)) {
    const figure = document.querySelector(`[data-chart="${spec.id}"]`);
    const canvas = figure.querySelector("canvas");
    const choose = figure.querySelector("select");
    let chart = null;
    const draw = () => {
      chart?.destroy();
      chart = new Chart(canvas, KINDS[spec.kind](spec, canvas, Number(choose?.value ?? 0)));
    };
    choose?.addEventListener("change", draw);
    draw();
  }
  document.documentElement.dataset.drawn = "yes";
});
