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

function states(spec, canvas) {
  canvas.parentElement.style.height = `${90 + 16 * spec.labels.length}px`;
  const bars = spec.series.map((one) => ({
    label: one.label, data: one.values, backgroundColor: one.colour,
    borderColor: EDGE, borderWidth: 0.5, barPercentage: 0.95, categoryPercentage: 0.9,
  }));
  return {
    type: "bar",
    data: { labels: spec.labels, datasets: bars },
    options: {
      indexAxis: "y",
      interaction: { mode: "index", axis: "y", intersect: false },
      plugins: { tooltip: { callbacks: { label: (item) => `${item.dataset.label} ${item.formattedValue} %` } } },
      scales: {
        x: { stacked: true, max: 100, position: "top", ...titled(`${spec.axis}, %`) },
        y: { stacked: true, ticks: { autoSkip: false, font: { size: 10 } }, grid: { display: false } },
      },
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
      label: `${spec.mean}${measure.series.length > 1 ? " " + one.label : ""} ${one.text}`,
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

function band(spec, at, low, high, means, text) {
  const point = (value, place) => ({ x: at[place], y: value });
  const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0 };
  return [
    { ...edge, label: "", data: low.map(point), fill: false },
    { ...edge, label: spec.interval, data: high.map(point), fill: "-1", backgroundColor: faded(spec.colour), borderColor: faded(spec.colour) },
    {
      label: spec.mean, data: means.map(point), borderColor: spec.colour, backgroundColor: spec.colour,
      borderWidth: 2, pointRadius: 4, pointHoverRadius: 7, text,
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
          filter: (item) => item.dataset.label !== "" && item.dataset.label !== spec.interval,
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
  const sets = band(spec, at, values("low"), values("high"), values("mean"), values("text"));
  const margin = (Math.max(...at) - Math.min(...at) || 1) * 0.04;
  const scale = { min: Math.min(...at) - margin, max: Math.max(...at) + margin, grid: { display: false } };
  scale.afterBuildTicks = (axis) => { axis.ticks = at.map((value) => ({ value })); };
  scale.ticks = { callback: label, autoSkip: true };
  return lines(spec, measure.title, [...sets, each], { named: label, scale });
}

function days(spec) {
  const sets = band(spec, spec.labels, spec.low, spec.high, spec.means);
  const scale = { grid: { display: false }, min: 1, ticks: { precision: 0 } };
  return lines(spec, spec.unit, sets, { named: (x) => `${spec.axis} ${x}`, scale });
}

const KINDS = { states, replications, levels, days };
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
