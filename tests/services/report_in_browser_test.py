#!/usr/bin/env python3
"""Reports in a real browser: every plot is drawn, nothing is wrong, on screens light, dark and small, and on paper.

    report_in_browser_test.py PROGRAM

PROGRAM is lawine. Skipped where neither chromium nor google-chrome is installed (deploy/install-deps --browser).
"""
import html
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "lawine"
BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
DARK = "--blink-settings=preferredColorScheme=0"
HOSTILE = "</script><b>\"&'"
# Tells, from inside the page, what a test cannot see from outside.
PROBE = """<script>
addEventListener("load", () => {
  const box = document.createElement("pre");
  box.id = "probe";
  box.textContent = JSON.stringify({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    blank: [...document.querySelectorAll("canvas")].filter((canvas) =>
      !canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0)).length,
  });
  document.body.appendChild(box);
});
</script>"""


def top_left_pixel(png):
    """(red, green, blue) of a PNG without interlace: a row's first pixel is stored as it is under every filter but
    those that look up, and the first row has nothing above it."""
    data, at, idat = png.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            idat += data[at + 8:at + 8 + length]
        at += 12 + length
    return tuple(zlib.decompressobj().decompress(idat, 4)[1:4])


@unittest.skipUnless(BROWSER, "skipped: no chromium; deploy/install-deps --browser installs one")
class ReportInBrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="lawine-report-")
        cls.path = Path(cls.folder.name)
        cls.lawine("graph", "create", "small", "--preset", "hyves", "--members", "3000", "--links-per-member", "20")
        scenario = {"graph": "small", "message": {"kind": HOSTILE}, "model": {"forward": {"probability": 0.1}}}
        (cls.path / "scenario.json").write_text(json.dumps(scenario))
        base = {"graph": "small", "replicas": 20, "model": {"forward": {"probability": 0.05}}}
        comparison = {"base": base, "base_name": HOSTILE, "variants": [
            {"name": "more", "change": {"model": {"forward": {"probability": 0.1}}}}],
            "break_even": {"variant": "more", "field": "model.forward.probability", "from": 0.01, "to": 0.2}}
        (cls.path / "comparison.json").write_text(json.dumps(comparison))
        one, many = cls.path / "one.html", cls.path / "many.html"
        cls.lawine("simulate", "--scenario", str(cls.path / "scenario.json"), "--report", str(one))
        cls.lawine("simulate", "small", "--forward", "0.1", "--replicas", "30", "--report", str(many))
        cls.lawine("report", "1", "2", "--out", str(cls.path / "two.html"))
        cls.lawine("compare", str(cls.path / "comparison.json"), "--report", str(cls.path / "compare.html"))
        cls.lawine("sweep", "small", "--field", "model.forward.probability", "--from", "0.01", "--to", "0.2",
                   "--points", "8", "--replicas", "20", "--report", str(cls.path / "sweep.html"))
        cls.lawine("simulate", "small", "--scenario", "rumour", "--report", str(cls.path / "rumour.html"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def lawine(cls, *words):
        subprocess.run([PROGRAM, "--data", str(cls.path / "data"), "--quiet", *words], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)

    def browse(self, page, *flags):
        """What the browser prints; fails for whatever the page writes to the console."""
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   f"--user-data-dir={self.path / 'browser'}", "--enable-logging=stderr", *flags, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [], page.name)
        return done.stdout

    def look(self, name, *flags):
        """The document as it stands once drawn, and what the probe tells."""
        probed = self.path / f"probed-{name}.html"
        page = (self.path / f"{name}.html").read_text(encoding="utf-8")
        probed.write_text(page.replace("</body>", PROBE + "</body>"), encoding="utf-8")
        document = self.browse(probed, "--dump-dom", "--virtual-time-budget=4000", *flags)
        probe = re.search(r'<pre id="probe">(.*?)</pre>', document)
        self.assertIsNotNone(probe, f"{name}: the page did not get to its end")
        return document, json.loads(html.unescape(probe.group(1)))

    def check(self, name, titles, *flags):
        document, probe = self.look(name, *flags)
        figures = re.findall(r'<figure data-plot="\d+" data-drawn="(\d+)">', document)
        self.assertEqual(len(figures), len(titles), f"{name}: plots drawn")
        self.assertNotIn("0", figures, f"{name}: a plot without series")
        self.assertEqual(probe["blank"], 0, f"{name}: blank plots")
        self.assertEqual(probe["wide"], 0, f"{name}: wider than the screen")
        for title in titles:
            self.assertIn(f"<h3>{title}</h3>", document, name)
        return document

    RUN = ["Members reached", "New members a hop", "Deliveries a hop", "How often a reached member has got it",
           "Branching factor by generation"]
    PAGES = {
        "one": RUN,
        "many": [*RUN, "Final size"],
        "two": ["Members reached", "New members a hop", "How often a reached member has got it",
                "Branching factor by generation", "Final size: runs/2 (small, 10%)"],
        "compare": ["Variants: members reached", "Differences in members reached", "Replica by replica",
                    "Members reached", "Difference in members reached", "Break-even of more"],
        "sweep": ["Members reached", "Dying out", "Last step", "Variability of reach"],
        "rumour": ["Members reached", "New members a step", "How often a reached member has got it",
                   "Growth of forwards"],
    }

    def test_every_plot_is_drawn_on_a_wide_screen(self):
        for name, titles in self.PAGES.items():
            self.check(name, titles, "--window-size=1280,1000")

    def test_every_plot_is_drawn_in_the_dark(self):
        for name in ("many", "compare"):
            self.check(name, self.PAGES[name], "--window-size=1280,1000", DARK)

    def test_every_plot_fits_a_phone(self):
        for name, titles in self.PAGES.items():
            self.check(name, titles, "--window-size=390,844")

    def test_sentences_come_first(self):
        document = self.check("many", self.PAGES["many"])
        answers = re.search(r'<section id="answers".*?</section>', document, re.DOTALL).group(0)
        self.assertRegex(answers, r'<p class="recommendation">[^<]+\.</p>')
        for question in ("How far does it go?", "What happens first?", "How fast?", "How often does one get it?"):
            self.assertRegex(answers, rf"<dt>{re.escape(question)}</dt><dd>[^<]+\.</dd>")
        self.assertIn('<span class="basis measured">', document)
        self.assertIn('<span class="basis yours">', document)

    def test_names_are_shown_as_they_are(self):
        document = self.check("one", self.PAGES["one"])
        heading = re.search(r"<h1>(.*?)</h1>", document).group(1)
        self.assertEqual(html.unescape(heading), f"“{HOSTILE}” in small")
        self.assertIn(html.escape(HOSTILE, quote=False), self.check("compare", self.PAGES["compare"]))

    def test_light_and_dark_are_what_the_reader_asks_for(self):
        picture = self.path / "page.png"
        self.browse(self.path / "one.html", f"--screenshot={picture}", "--window-size=800,600")
        self.assertEqual(top_left_pixel(picture), (255, 255, 255))
        self.browse(self.path / "one.html", f"--screenshot={picture}", "--window-size=800,600", DARK)
        self.assertLess(max(top_left_pixel(picture)), 64)

    def test_prints(self):
        paper = self.path / "page.pdf"
        self.browse(self.path / "many.html", f"--print-to-pdf={paper}", DARK)
        pages = len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))
        self.assertTrue(2 <= pages <= 10, f"{pages} pages")


if __name__ == "__main__":
    unittest.main(verbosity=1)
