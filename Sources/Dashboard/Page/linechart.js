// How lines.js is drawn: Chart.js 3.9 or 4, without a date adapter: time is a linear axis with
// ticks of our own. A line is flat between two steps, and pale where nothing was earned.

import { number } from "./model.js";
import { look } from "./colours.js";
import { stamp, tickLabel, ticks, zone } from "./times.js";

const pale = "59"; // the opacity, in hex
const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const signed = (value) => (value > 0 ? "+" : "") + number(value);
let hovered = 0; // the moment under the pointer

/// All lines at the moment under the pointer: steps of different lines are not at the same places.
function atMoment(chart, event) {
  const { left, right } = chart.chartArea;
  hovered = chart.scales.x.getValueForPixel(Math.min(Math.max(event.x, left), right));
  return chart.getSortedVisibleDatasetMetas().flatMap(({ data, index }) => {
    const line = chart.data.datasets[index].data;
    const at = line.findLastIndex(({ x, y }) => x <= hovered && y === y);
    return at < 0 || line[at + 1]?.y !== line[at + 1]?.y ? [] : [{ element: data[at], datasetIndex: index, index: at }];
  });
}

/// Writes names beside the lines' ends, apart from each other.
const endLabels = {
  id: "endLabels",
  beforeInit: (chart) => (chart.$endLabels = { labels: [], room: 0 }),
  beforeLayout(chart) {
    const ends = chart.$endLabels;
    const most = Math.min(chart.width * 0.3, 14 * Chart.defaults.font.size);
    chart.ctx.font = `${Chart.defaults.font.size}px ${Chart.defaults.font.family}`;
    const widths = ends.labels.map(({ text }) => chart.ctx.measureText(text).width);
    ends.room = Math.min(Math.max(0, ...widths), most);
    chart.options.layout.padding.right = ends.room ? ends.room + 14 : 8;
  },
  afterDatasetsDraw(chart) {
    const { ctx, chartArea, scales, $endLabels: { labels, room } } = chart;
    const height = 1.25 * Chart.defaults.font.size;
    const places = apart(
      labels.map(({ y }) => scales.y.getPixelForValue(y)), height, chartArea.top, chartArea.bottom);
    ctx.save();
    ctx.font = `${Chart.defaults.font.size}px ${Chart.defaults.font.family}`;
    ctx.textBaseline = "middle";
    labels.forEach(({ text, user, y }, index) => {
      const [from, to] = [scales.y.getPixelForValue(y), places[index]];
      ctx.strokeStyle = look(user).colour;
      ctx.beginPath();
      ctx.moveTo(chartArea.right + 3, from);
      ctx.lineTo(chartArea.right + 10, to);
      ctx.stroke();
      ctx.fillStyle = colour("--ink");
      ctx.fillText(cut(ctx, text, room), chartArea.right + 13, to);
    });
    ctx.restore();
  },
};

/// Heights in the same order, at least `height` apart, as near as may be to what was wanted.
export function apart(wanted, height, top, bottom) {
  const places = [];
  for (const place of wanted) places.push(Math.max(place, (places.at(-1) ?? top - height) + height));
  let limit = bottom;
  for (let index = places.length - 1; index >= 0 && places[index] > limit; index -= 1) {
    places[index] = limit;
    limit -= height;
  }
  return places;
}

/// The end of a label says how many share the line: the names before it give way.
function cut(ctx, text, room) {
  if (ctx.measureText(text).width <= room + 1) return text;
  const end = /( \+\d+)?$/.exec(text)[0];
  let kept = [...text.slice(0, text.length - end.length)];
  while (kept.length && ctx.measureText(`${kept.join("")}…\u2069${end}`).width > room) kept.pop();
  return `${kept.join("")}…\u2069${end}`;
}

/// Makes the chart in that canvas.
export function makeLineChart(canvas) {
  Chart.Interaction.modes.moment = atMoment;
  return new Chart(canvas, {
    type: "line",
    data: { datasets: [] },
    plugins: [endLabels],
    options: {
      maintainAspectRatio: false, parsing: false, normalized: true, spanGaps: false,
      animation: false, borderWidth: 2, borderJoinStyle: "miter",
      layout: { padding: { right: 8 } },
      interaction: { mode: "moment", intersect: false },
      scales: {
        x: {
          type: "linear", grid: { drawOnChartArea: false },
          title: { display: true, align: "end", padding: 0 },
          afterBuildTicks: (axis) => (axis.ticks =
            ticks(axis.min, axis.max, Math.max(2, Math.floor(axis.width / 90))).map((value) => ({ value }))),
          ticks: {
            callback(value) { return tickLabel(value, this.max - this.min); },
            maxRotation: 0, autoSkip: false,
          },
        },
        y: {
          // Room for the steps at the edges: a line on the border is half a line.
          afterDataLimits: pad,
          ticks: { precision: 0, maxTicksLimit: 7 },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          usePointStyle: true, itemSort: (one, other) => other.raw.y - one.raw.y,
          callbacks: {
            title: () => `${stamp(hovered)} ${zone(hovered)}`,
            label: ({ dataset, raw }) => `\u2068${dataset.label}\u2069: ${number(raw.points)}${
              dataset.measure === "lead" ? ` (${signed(raw.y)})` : ""}${raw.earning ? "" : ", not earning"}`,
          },
        },
      },
    },
  });
}

function pad(axis) {
  const room = 0.06 * (axis.max - axis.min);
  axis.max += room;
  if (axis.min !== 0) axis.min -= room;
  if (axis.chart.$measure !== "lead" && axis.min < 0) axis.min = 0;
}

/// Draws lines as linesOf gives them, and the labels at their ends.
export function drawLines(chart, { lines, labels, window, measure, hidden }) {
  const axes = chart.options.scales;
  chart.$measure = measure;
  [axes.x.min, axes.x.max] = [window.from, window.to];
  axes.x.title.text = `Time, ${zone(window.to)}`;
  axes.y.ticks.callback = measure === "lead" ? signed : number;
  chart.$endLabels.labels = labels;
  chart.data.datasets = [...lines].map(([user, data]) => {
    const { colour, dash, marker, rotation } = look(user);
    const segment = (earning, other) => ({ p0DataIndex }) => data[p0DataIndex].earning ? earning : other;
    return {
      label: user, data, measure, stepped: true, borderColor: colour, backgroundColor: colour, borderDash: dash,
      segment: { borderColor: segment(colour, colour + pale) },
      pointStyle: marker, pointRotation: rotation, hidden: hidden.has(user), clip: 6,
      pointRadius: ({ dataIndex }) => dataIndex === data.length - 1 ? 4 : 0, pointHoverRadius: 5,
    };
  });
  chart.update("none");
}

/// Takes the colours of the page, light or dark, and its letters.
export function paintAxes(chart) {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 0.78 * parseFloat(getComputedStyle(document.querySelector("main")).fontSize);
  for (const axis of Object.values(chart.options.scales)) {
    axis.ticks.color = colour("--muted");
    axis.grid.color = colour("--line");
    axis.grid.borderColor = colour("--line"); // Chart.js 3
    axis.border = { color: colour("--line") }; // Chart.js 4
    if (axis.title) axis.title.color = colour("--muted");
  }
}
