"""Bearer tokens, as they can stand in a header."""

from __future__ import annotations

import pathlib


def checked(token: str, source: str) -> str:
    """Without white space around it: what a file is read as ends with a line's end. gRPC would refuse other characters
    in words that name neither the token nor its file."""
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError(f"{source}: expected a token of printable ASCII characters, found others")
    return token


def of_file(path: str | pathlib.Path) -> str:
    """The first line of a file."""
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    return checked(text.split("\n")[0], str(path))
