// Draws the plots of a report. Each <figure data-plot="i"> has plot i of the JSON in #plot-data; see
// services/cli/plot.h for its shape.
"use strict";
(() => {
  const plots = JSON.parse(document.getElementById("plot-data").textContent);
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const charts = [];

  const text = (value) => (Number.isInteger(value) || Math.abs(value) >= 1000 ? whole : precise).format(value);
  const tick = (value) => (Math.abs(value) >= 10000 ? compact.format(value) : precise.format(value));
  const isNumber = (value) => value !== null && value !== undefined;
  const between = (low, high) => `${text(low)} to ${text(high)}`;

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return {
      ink: of("--ink"), muted: of("--muted"), line: of("--line"), panel: of("--panel"),
      series: Array.from({ length: 8 }, (_, i) => of(`--series-${i + 1}`)),
    };
  };
  // "#rrggbb" with an opacity.
  const faint = (colour, opacity) => colour + Math.round(opacity * 255).toString(16).padStart(2, "0");
  const seriesColour = (series, i, palette) => (series.reference ? palette.muted : palette.series[i % 8]);

  const points = (series, values) =>
    series.x.map((x, i) => ({ x, y: values[i] })).filter((point) => isNumber(point.y));

  // A line with its bands below it; bands have no name, and so no place in legends and tooltips.
  const lineDatasets = (plot, palette) => plot.series.flatMap((series, i) => {
    const colour = seriesColour(series, i, palette);
    const bands = series.bands.flatMap((band) => [
      { data: points(series, band.low), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, fill: false },
      { data: points(series, band.high), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, fill: "-1",
        backgroundColor: faint(colour, 0.16) },
    ]);
    const few = series.x.length <= 40 && !series.reference;
    return [...bands, {
      label: series.name, data: points(series, series.y), borderColor: colour, backgroundColor: colour,
      borderWidth: series.reference ? 1.5 : 2, borderDash: series.dashed || series.reference ? [6, 4] : [],
      pointRadius: few ? 2.5 : 0, pointHitRadius: 8, tension: 0, source: series,
    }];
  });
  const barDatasets = (plot, palette) => plot.series.map((series, i) => {
    const colour = seriesColour(series, i, palette);
    return { label: series.name, data: series.y, backgroundColor: faint(colour, 0.85), borderColor: colour,
      categoryPercentage: 0.9, barPercentage: 0.95, source: series };
  });
  // Bars from the low to the high end; the plugin below puts a point at the value.
  const intervalDatasets = (plot, palette) => plot.series.map((series, i) => {
    const colour = seriesColour(series, i, palette);
    return { label: series.name, data: series.y.map((_, k) => [series.bands[0].low[k], series.bands[0].high[k]]),
      backgroundColor: faint(colour, 0.35), borderColor: colour, borderWidth: 1, borderSkipped: false,
      maxBarThickness: 14, source: series };
  });
  const datasets = { lines: lineDatasets, bars: barDatasets, stacked: barDatasets, across: barDatasets,
    intervals: intervalDatasets };

  // Vertical marks at a value, with the range it may lie in; a zero line; the points of intervals.
  const marksPlugin = (plot, palette) => ({
    id: "marks",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x } } = chart;
      ctx.save();
      for (const mark of plot.marks) {
        const left = Math.max(area.left, x.getPixelForValue(isNumber(mark.low) ? mark.low : mark.at));
        const right = Math.min(area.right, x.getPixelForValue(isNumber(mark.high) ? mark.high : mark.at));
        ctx.fillStyle = faint(palette.muted, 0.18);
        ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
        ctx.strokeStyle = palette.muted;
        ctx.beginPath();
        ctx.moveTo(x.getPixelForValue(mark.at), area.top);
        ctx.lineTo(x.getPixelForValue(mark.at), area.bottom);
        ctx.stroke();
      }
      ctx.restore();
    },
    afterDatasetsDraw(chart) {
      if (plot.kind !== "intervals") return;
      const { ctx, scales: { x } } = chart;
      chart.data.datasets.forEach((dataset, d) => chart.getDatasetMeta(d).data.forEach((bar, i) => {
        ctx.save();
        ctx.fillStyle = dataset.borderColor;
        ctx.beginPath();
        ctx.arc(x.getPixelForValue(dataset.source.y[i]), bar.y, 4.5, 0, 2 * Math.PI);
        ctx.fill();
        ctx.restore();
      }));
    },
  });

  const tooltipLabel = (plot) => (item) => {
    const { source, label } = item.dataset;
    const value = plot.kind === "lines" ? item.parsed.y : source.y[item.dataIndex];
    const at = plot.kind === "lines" ? source.x.indexOf(item.parsed.x) : item.dataIndex;
    const bands = source.bands.map((band) => between(band.low[at], band.high[at]));
    return `${label}: ${text(value)}${bands.length > 0 ? ` [${bands.join("; ")}]` : ""}`;
  };
  // Of a logarithmic axis only 1, 2 and 5 of each decade are told.
  const isRound = (value) => ["1", "2", "5"].includes(value.toExponential(3).replace(/\.?0*e.*/, ""));
  const scale = (axis, palette, extra) => ({
    type: axis.log ? "logarithmic" : "linear",
    title: { display: true, text: axis.title, color: palette.muted },
    grid: { color: palette.line, borderColor: palette.muted },
    ticks: { color: palette.muted, callback: (value) => (axis.log && !isRound(value) ? null : tick(value)), maxRotation: 0, autoSkipPadding: 12,
      ...(axis.whole ? { precision: 0 } : {}) },
    beginAtZero: axis.from_zero,
    ...extra,
  });
  // Names in lines of at most so many letters, where words allow.
  const inLines = (name, most) => name.split(" ").reduce((lines, word) => {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    return lines;
  }, []);
  const labelled = (plot, axis, palette, extra) => {
    const beside = plot.kind === "intervals" || plot.kind === "across";
    return {
      ...scale(axis, palette, extra), type: "category", labels: plot.labels,
      ticks: { color: palette.muted, maxRotation: 45, autoSkip: !beside,
        // Beside bars of a narrow page a long name would be cut.
        callback(value) {
          const name = this.getLabelForValue(value);
          return beside && this.chart.width < 480 ? inLines(name, 18) : name;
        } },
    };
  };
  const scales = (plot, palette) => {
    const stacked = plot.kind === "stacked" || plot.kind === "across";
    if (plot.kind === "lines") {
      const all = plot.series.flatMap((series) => series.x);
      return { x: scale(plot.x, palette, { min: Math.min(...all), max: Math.max(...all), beginAtZero: false }),
        y: scale(plot.y, palette, {}) };
    }
    if (plot.kind === "intervals" || plot.kind === "across") {
      return { x: scale(plot.x, palette, { stacked, grace: plot.kind === "intervals" ? "5%" : 0 }),
        y: labelled(plot, plot.y, palette, { stacked, title: { display: false }, grid: { display: false } }) };
    }
    return { x: labelled(plot, plot.x, palette, { stacked, grid: { display: false } }),
      y: scale(plot.y, palette, { stacked }) };
  };

  const config = (plot, palette) => ({
    type: plot.kind === "lines" ? "line" : "bar",
    data: { labels: plot.labels, datasets: datasets[plot.kind](plot, palette) },
    options: {
      animation: false, responsive: true, maintainAspectRatio: false,
      devicePixelRatio: Math.max(2, window.devicePixelRatio || 1),
      indexAxis: plot.kind === "intervals" || plot.kind === "across" ? "y" : "x",
      interaction: { mode: plot.kind === "lines" ? "nearest" : "index", axis: plot.kind === "lines" ? "xy" : undefined,
        intersect: false },
      scales: scales(plot, palette),
      plugins: {
        legend: { display: plot.series.length > 1, position: "bottom",
          labels: { color: palette.ink, usePointStyle: true, pointStyle: plot.kind === "lines" ? "line" : "rect",
            boxWidth: plot.kind === "lines" ? 28 : 12, filter: (item) => Boolean(item.text) } },
        tooltip: { filter: (item) => Boolean(item.dataset.source), callbacks: { label: tooltipLabel(plot),
          title: (items) => (items.length === 0 ? "" : plot.kind === "lines"
            ? `${plot.x.title} ${text(items[0].parsed.x)}` : items[0].label) } },
      },
    },
    plugins: [marksPlugin(plot, palette)],
  });

  // The same numbers as a table, for readers and programs that cannot see the plot.
  const numbers = (plot) => {
    const table = document.createElement("table");
    const row = (cells, tag) => {
      const line = table.insertRow();
      cells.forEach((cell) => line.appendChild(document.createElement(tag)).textContent = cell);
    };
    const cell = (series, i) => (!isNumber(series.y[i]) ? "" : text(series.y[i]) +
      series.bands.slice(-1).map((band) => ` [${between(band.low[i], band.high[i])}]`).join(""));
    row([plot.labels.length > 0 ? "" : plot.x.title, ...plot.series.map((series) => series.name)], "th");
    const keys = plot.labels.length > 0 ? plot.labels
      : [...new Set(plot.series.flatMap((series) => series.x))].sort((a, b) => a - b);
    keys.forEach((key, i) => row([plot.labels.length > 0 ? key : text(key), ...plot.series.map((series) =>
      cell(series, plot.labels.length > 0 ? i : series.x.indexOf(key)))], "td"));
    return table;
  };
  const addNumbers = (figure, plot) => {
    const details = document.createElement("details");
    details.appendChild(document.createElement("summary")).textContent = "Numbers";
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      const scroll = details.appendChild(document.createElement("div"));
      scroll.className = "scroll";
      scroll.appendChild(numbers(plot));
    });
    figure.appendChild(details);
  };

  const draw = () => {
    const palette = colours();
    charts.splice(0).forEach((chart) => chart.destroy());
    Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
    document.querySelectorAll("figure[data-plot]").forEach((figure) => {
      const plot = plots[Number(figure.dataset.plot)];
      charts.push(new Chart(figure.querySelector("canvas"), config(plot, palette)));
      figure.dataset.drawn = String(plot.series.length);
    });
  };

  // Paper is light, and as wide as paper.
  const print = (on) => {
    document.documentElement.classList.toggle("printing", on);
    draw();
  };
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.querySelectorAll("figure[data-plot]").forEach((figure) =>
    addNumbers(figure, plots[Number(figure.dataset.plot)]));
  draw();
})();
