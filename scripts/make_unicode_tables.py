#!/usr/bin/env python3
"""Writes src/text/unicode_tables.inc and src/text/repair_tables.inc.

The numbers come from Python's own unicodedata, codecs and html.entities, so the tables follow the
Unicode version of the Python that runs this (printed into the files). The program itself needs no
Python: the two files are committed, and this is run again only to move to a newer Unicode.

    scripts/make_unicode_tables.py [FOLDER]     default folder: src/text beside this script
"""

import html
import html.entities
import pathlib
import sys
import unicodedata

CODE_POINTS = range(0x110000)
HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)
WIDTH = 98


def wrapped(items):
    """Joins the items with commas into lines of at most WIDTH columns."""
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) + 1 > WIDTH:
            lines.append(line)
            line = ""
        line += item + ","
    return "\n".join(lines + [line])


def array(comment, kind, name, items):
    return f"// {comment}\nconstexpr {kind} {name}[] = {{\n{wrapped(items)}\n}};\n"


def ranges(predicate):
    found, first = [], None
    for point in list(CODE_POINTS) + [None]:
        inside = point is not None and predicate(chr(point))
        if inside and first is None:
            first = point
        elif not inside and first is not None:
            found.append((first, previous))
            first = None
        previous = point
    return found


def range_items(found):
    return [f"{{{first},{last}}}" for first, last in found]


def is_case_ignorable(char):
    """Whether the final-sigma rule skips this character: it hides neither a letter nor a gap."""
    return ("A" + char + "\u03a3").lower().endswith("\u03c2") and not is_cased(char)


def is_cased(char):
    return (char + "\u03a3").lower().endswith("\u03c2")


def lower_runs():
    """Runs {first, last, stride, difference} where lower case is one other character."""
    pairs = [(p, ord(chr(p).lower())) for p in CODE_POINTS
             if len(chr(p).lower()) == 1 and chr(p).lower() != chr(p)]
    runs = []
    for point, lower in pairs:
        if runs:
            first, last, stride, difference = runs[-1]
            step = point - last
            if lower - point == difference and step in (1, 2) and stride in (0, step):
                runs[-1] = (first, point, step, difference)
                continue
        runs.append((point, point, 0, lower - point))
    return [f"{{{f},{l},{s or 1},{d}}}" for f, l, s, d in runs]


def decompositions():
    """{composed, first, second, composes}: canonical, one step; second is 0 for singletons."""
    items = []
    for point in CODE_POINTS:
        text = unicodedata.decomposition(chr(point))
        if not text or text.startswith("<") or point in HANGUL_SYLLABLES:
            continue
        parts = [int(part, 16) for part in text.split()]
        composes = len(parts) == 2 and unicodedata.normalize(
            "NFC", chr(parts[0]) + chr(parts[1])) == chr(point)
        items.append(f"{{{point},{parts[0]},{parts[1] if len(parts) > 1 else 0},{int(composes)}}}")
    return items


def combining_classes():
    runs = []
    for point in CODE_POINTS:
        value = unicodedata.combining(chr(point))
        if not value:
            continue
        if runs and runs[-1][1] == point - 1 and runs[-1][2] == value:
            runs[-1] = (runs[-1][0], point, value)
        else:
            runs.append((point, point, value))
    return [f"{{{f},{l},{v}}}" for f, l, v in runs]


def width_forms():
    """{form, first, second}: full-width and half-width forms and their ordinary characters."""
    items = ["{12288,32,0}"]
    for point in range(0xFF01, 0xFFF0):
        plain = unicodedata.normalize("NFKC", chr(point))
        if plain != chr(point):
            assert len(plain) <= 2
            second = ord(plain[1]) if len(plain) > 1 else 0
            items.append(f"{{{point},{ord(plain[0])},{second}}}")
    return items


def codec(name):
    """What bytes 0x80 to 0xFF mean; unassigned bytes stand for themselves."""
    table = []
    for byte in range(0x80, 0x100):
        char = bytes([byte]).decode(name, errors="replace")
        table.append(str(byte if char == "\ufffd" else ord(char)))
    return "{{" + ",".join(table) + "}}"


def entities():
    """HTML 5's entities that end in a semicolon, and upper-cased spellings that are unambiguous."""
    found = {}
    for name, value in html.entities.html5.items():
        if not name.endswith(";"):
            continue
        found[name] = value
        upper = "&" + name.upper()
        if name == name.lower() and html.unescape(upper) == upper:
            found[name.upper()] = value.upper()
    return found


def literal(char):
    special = {"\t": "\\t", "\n": "\\n", '"': '\\"', "\\": "\\\\"}
    if char in special:
        return special[char]
    if ord(char) < 0x80:
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def entity_text():
    lines, line = [], ""
    for name, value in sorted(entities().items()):
        item = "&" + name + "".join(literal(char) for char in value)
        if len(line) + len(item) > WIDTH - 4:
            lines.append(f'    "{line}"')
            line = ""
        line += item
    return "\n".join(lines + [f'    "{line}"'])


def unicode_tables():
    category = unicodedata.category
    return [
        array("Categories L*.", "CodePointRange", "kLetters",
              range_items(ranges(lambda c: category(c)[0] == "L"))),
        array("Categories N*.", "CodePointRange", "kNumbers",
              range_items(ranges(lambda c: category(c)[0] == "N"))),
        array("The zero of every run of ten decimal digits.", "char32_t", "kDecimalZeros",
              [str(p) for p in CODE_POINTS if unicodedata.decimal(chr(p), -1) == 0]),
        array("Cased characters that the final-sigma rule does not skip.", "CodePointRange",
              "kCased", range_items(ranges(is_cased))),
        array("Characters that the final-sigma rule skips.", "CodePointRange", "kCaseIgnorable",
              range_items(ranges(is_case_ignorable))),
        array("Lower case: first, last, stride, difference.", "LowerRun", "kLowerRuns",
              lower_runs()),
        array("Canonical decompositions: composed, first, second (0 for none), whether composed.",
              "Decomposition", "kDecompositions", decompositions()),
        array("Canonical combining classes other than 0: first, last, class.", "CombiningRun",
              "kCombiningRuns", combining_classes()),
    ]


def repair_tables():
    codecs = ["cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "iso-8859-2",
              "mac-roman", "cp437"]
    tables = ",\n".join(wrapped(codec(name).split(",")).rstrip(",") for name in codecs)
    return [
        array("Full-width and half-width forms: form, first, second (0 for none).", "WidthForm",
              "kWidthForms", width_forms()),
        "// Bytes 0x80 to 0xFF in:\n// " + ", ".join(codecs) + ".\n"
        f"constexpr HighBytes kCodePages[] = {{\n{tables}}};\n",
        "// Entities as &name;value without separators; every value has at least one character.\n"
        f"constexpr std::string_view kEntities =\n{entity_text()};\n",
    ]


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "src" / "text"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    head = ("// Made by scripts/make_unicode_tables.py from Unicode "
            f"{unicodedata.unidata_version}; not edited by hand.\n// clang-format off\n\n")
    files = {"unicode_tables.inc": unicode_tables(), "repair_tables.inc": repair_tables()}
    for name, tables in files.items():
        (folder / name).write_text(head + "\n".join(tables), encoding="ascii")


if __name__ == "__main__":
    main()
