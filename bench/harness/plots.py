#!/usr/bin/env python3
"""Draws with matplotlib: figures as JSON on standard input, {name: SVG} on standard output.

A program of its own because the Python that runs the bench need not be the one that has Debian's matplotlib.
A figure is {name, title, kind, ...}. kind "lines": x, y (axis labels), series [{label, x, y, low, high}],
both axes logarithmic. kind "bars": x (axis label), bars [{label, value, low, high}]. low and high are the
spread."""

import io
import json
import re
import subprocess
import sys

PYTHONS = (sys.executable, "/usr/bin/python3")
MISSING = ("no plots: they need matplotlib; `deploy/install-deps --bench` installs it (Debian's "
           "python3-matplotlib)")


def errors_of(values, lows, highs):
    return [[value - low for value, low in zip(values, lows)],
            [high - value for value, high in zip(values, highs)]]


def draw_lines(axes, figure):
    for series in figure["series"]:
        axes.errorbar(series["x"],
                      series["y"],
                      yerr=errors_of(series["y"], series["low"], series["high"]),
                      marker="o",
                      capsize=3,
                      label=series["label"])
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = sorted({x for series in figure["series"] for x in series["x"]})
    if len(ticks) <= 8 and max(ticks) <= 1024:
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    axes.set_xlabel(figure["x"])
    axes.set_ylabel(figure["y"])
    axes.grid(True, alpha=0.3)
    if len(figure["series"]) > 1:
        axes.legend(frameon=False)


def draw_bars(axes, figure):
    bars = figure["bars"][::-1]
    values = [bar["value"] for bar in bars]
    axes.barh([bar["label"] for bar in bars],
              values,
              color="#4477aa",
              capsize=3,
              xerr=errors_of(values, [bar["low"] for bar in bars], [bar["high"] for bar in bars]))
    axes.set_xlabel(figure["x"])
    axes.grid(True, axis="x", alpha=0.3)


def draw(figures):
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    drawn = {}
    for figure in figures:
        # Ids inside a drawing come from the salt: several drawings share one page.
        matplotlib.rcParams.update({
            "svg.hashsalt": figure["name"], "svg.fonttype": "none", "font.size": 10,
            "font.family": "sans-serif"
        })
        height = 4.2 if figure["kind"] == "lines" else 1.2 + 0.4 * len(figure["bars"])
        canvas, axes = pyplot.subplots(figsize=(7.5, height), layout="constrained")
        {"lines": draw_lines, "bars": draw_bars}[figure["kind"]](axes, figure)
        axes.set_title(figure["title"])
        text = io.StringIO()
        canvas.savefig(text, format="svg", metadata={"Date": None})
        pyplot.close(canvas)
        drawn[figure["name"]] = re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)
    return drawn


def drawn_by_some_python(figures):
    """({name: SVG}, None), or ({}, why there are none)."""
    for python in dict.fromkeys(PYTHONS):
        try:
            found = subprocess.run([python, "-c", "import matplotlib"], capture_output=True, check=False)
        except OSError:
            continue
        if found.returncode == 0:
            done = subprocess.run([python, __file__],
                                  input=json.dumps(figures),
                                  capture_output=True,
                                  text=True,
                                  check=False)
            if done.returncode == 0:
                return json.loads(done.stdout), None
            return {}, f"no plots: {python}, matplotlib: ended with {done.returncode}: {done.stderr[-500:]}"
    return {}, MISSING


if __name__ == "__main__":
    json.dump(draw(json.load(sys.stdin)), sys.stdout)
