"""Scenario files as the command line reads them: JSON with comments, short words, rates by their counts."""

from __future__ import annotations

import importlib.resources
import json
import pathlib
import re

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from lawine import errors

# A string, which stays, or a comment.
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def without_comments(text: str) -> str:
    """Blanks in the place of comments, line for line: messages of the JSON reader name the right line."""
    return _STRING_OR_COMMENT.sub(
        lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]), text
    )


def _once_each(pairs: list) -> dict:
    """Python keeps the last of repeated names in silence; a scenario that says two things is refused."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name}: set twice in the same object")
    return dict(pairs)


def _whole_word(word, field: FieldDescriptor):
    """SENTIMENT_NEUTRAL for NEUTRAL of the enum Sentiment."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", field.enum_type.name).upper()
    whole = f"{prefix}_{word}"
    return whole if whole in field.enum_type.values_by_name else word


def _counts_of(name: str, descriptor: Descriptor) -> FieldDescriptor | None:
    """The field beside a rate that takes how often it was seen instead."""
    counts = descriptor.fields_by_name.get(f"{name}_counts")
    kind = counts.message_type if counts is not None else None
    return counts if kind is not None and kind.name == "RateCounts" else None


def _refuse_empty_lists(change, path: str) -> None:
    """On the wire they are the same as none, so that they would leave a variant what the base is."""
    for name, given in change.items():
        if isinstance(given, dict):
            _refuse_empty_lists(given, f"{path}.{name}")
        elif isinstance(given, (list, tuple)) and not given:
            wanted = "expected entries: an empty list takes nothing away; let the base be without it"
            raise ValueError(f"{path}.{name}: {wanted}")


def _value(value, field: FieldDescriptor):
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_value(v, field) for v in value]
    if field.full_name == "lawine.v1.Variant.change" and isinstance(value, dict):
        _refuse_empty_lists(value, "change")
    if field.message_type is not None:
        return in_protobufs_form(value, field.message_type)
    if field.enum_type is not None:
        return _whole_word(value, field)
    is_id = field.full_name == "lawine.v1.SeedMembers.ids"
    return str(value) if is_id and isinstance(value, int) and not isinstance(value, bool) else value


def in_protobufs_form(value, descriptor: Descriptor):
    """What protobuf's own reader of JSON takes, of what the command line takes for such a message."""
    if not isinstance(value, dict):
        return value
    made = {}
    for name, given in value.items():
        # protobuf's own JSON, which other clients print, has names like seedMembers.
        field = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
        counts = None if field is None else _counts_of(field.name, descriptor)
        if counts is not None and isinstance(given, dict):
            if counts.name in value or counts.camelcase_name in value:
                raise ValueError(f"{counts.name}: contradicts {name} beside it: a rate is known or counted")
            name, field = counts.name, counts
        made[name] = given if field is None else _value(given, field)
    return made


def library() -> dict[str, str]:
    """Texts of the scenarios and comparisons that come with the program, by name."""
    files = (importlib.resources.files("lawine") / "scenarios").iterdir()
    return {
        file.name.removesuffix(".json"): file.read_text(encoding="utf-8")
        for file in sorted(files, key=lambda file: file.name)
    }


def _text(given: str | pathlib.Path) -> str:
    """Of a file, or, where there is none, of what comes with the program under that name."""
    try:
        return pathlib.Path(given).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        known = library()
        if given in known:
            return known[given]
        raise FileNotFoundError(f"{given}: expected a file, or one of the names {', '.join(known)}") from None


def parse(given, message):
    """Fills `message` from a dict, from a file at a path, or from the scenario of a name; returns it. Raises
    InvalidScenario for what is not as in a scenario file, FileNotFoundError where there is none."""
    is_dict = isinstance(given, dict)
    text = "" if is_dict else _text(given)
    try:
        read = given if is_dict else json.loads(without_comments(text), object_pairs_hook=_once_each)
        return json_format.ParseDict(in_protobufs_form(read, message.DESCRIPTOR), message)
    except (json_format.ParseError, ValueError) as error:
        raise errors.InvalidScenario(str(error) if is_dict else f"{given}: {error}") from None
