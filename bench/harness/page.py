"""A page to read: built once, written as Markdown and as HTML that stands alone."""

import html
import re

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; display: block; overflow-x: auto; }
th, td { border: 1px solid #ccc; padding: .25rem .6rem; text-align: left; vertical-align: top; }
th { background: #f2f2f2; }
.warning { background: #fff4d6; padding: .5rem 1rem; border-left: 4px solid #d69e00; }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; } code { font-size: .9em; }
"""


def markdown_table(titles, rows):
    """Lines up as plain text too."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in (titles, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def html_text(text):
    text = html.escape(text, quote=False)
    text = re.sub(r"`([^`]*)`", r"<code>\1</code>", text)
    return re.sub(r"\*\*(.*?)\*\*", r"<strong>\1</strong>", text)


def html_table(titles, rows):

    def line(cells, tag):
        return "<tr>" + "".join(f"<{tag}>{html_text(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return "\n".join(["<table>", line(titles, "th"), *(line(row, "td") for row in rows), "</table>"])


class Page:
    """Headings, paragraphs, tables and figures, in order."""

    def __init__(self, title):
        self._title = title
        self._items = [("heading", 1, title)]

    def heading(self, text, level=2):
        self._items.append(("heading", level, text))

    def text(self, text):
        self._items.append(("text", text))

    def warning(self, text):
        self._items.append(("warning", text))

    def table(self, titles, rows):
        rows = [[str(cell) for cell in row] for row in rows]
        if rows:
            self._items.append(("table", titles, rows))

    def figure(self, name, caption, svg):
        """`svg` is the drawing; None: there is none, and the page does without."""
        if svg is not None:
            self._items.append(("figure", name, caption, svg))

    def markdown(self):
        """Figures are taken from plots/ beside it."""
        forms = {
            "heading": lambda level, text: "#" * level + " " + text,
            "text": lambda text: text,
            "warning": lambda text: f"**Warning:** {text}.",
            "table": markdown_table,
            "figure": lambda name, caption, svg: f"![{caption}](plots/{name}.svg)",
        }
        return "\n\n".join(forms[kind](*rest) for kind, *rest in self._items) + "\n"

    def html(self):
        forms = {
            "heading": lambda level, text: f"<h{level}>{html_text(text)}</h{level}>",
            "text": lambda text: f"<p>{html_text(text)}</p>",
            "warning": lambda text: f'<p class="warning"><strong>Warning:</strong> {html_text(text)}.</p>',
            "table": html_table,
            "figure": lambda name, caption, svg: f'<figure id="{html.escape(name)}">{svg}'
                      f"<figcaption>{html_text(caption)}</figcaption></figure>",
        }
        body = "\n".join(forms[kind](*rest) for kind, *rest in self._items)
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(self._title)}'
            f"</title><style>{STYLE}</style></head><body>\n{body}\n</body></html>\n")
