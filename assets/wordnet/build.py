#!/usr/bin/env python3
"""Builds synonyms.txt.gz, the table of WordNet 3.0 that METEOR needs, from the dictionary files of Debian's package wordnet-base.

    apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb wn
    python3 build.py wn/usr/share/wordnet

Kept are words without an underscore, because METEOR compares single words, and of each set of synonyms the members in lower case, because
METEOR lower-cases what it compares. A capitalised member (`^paris` for Paris) can be looked up but never be a synonym itself.

The text, one section for each part of speech (n, v, a, r), in three blocks each:
    = n                        begins a part of speech
    word word …                one line: words that have no synonym but themselves
    + word word                one line per set of two or more words
    - form base …              one line per irregular form (the .exc files)
The same input gives the same bytes.
"""

import gzip
import io
import re
import sys
from pathlib import Path

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}


def members(line):
    """Words of one synset line: `offset lexfile type count(hex) word lex_id …` (wndb(5WN)), without adjective markers such as (p)."""
    fields = line.split()
    words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
    words = [re.sub(r"\(.*\)$", "", word) for word in words]
    return [word for word in words if "_" not in word]


def groups(path):
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):  # the licence at the head of each file
            continue
        words = members(line)
        lower = [w for w in words if w == w.lower()]
        capitalised = {w.lower() for w in words} - set(lower)
        if lower:
            yield sorted(lower) + sorted(f"^{w}" for w in capitalised)


def section(folder, key, name):
    found = {tuple(group) for group in groups(folder / f"data.{name}")}
    several = sorted(group for group in found if len(group) > 1)
    covered = {word for group in several for word in group}
    alone = sorted({group[0] for group in found if len(group) == 1} - covered)
    yield f"= {key}"
    yield " ".join(alone)
    yield from (f"+ {' '.join(group)}" for group in several)
    irregular = dict(line.split(None, 1) for line in (folder / f"{name}.exc").read_text("utf-8").splitlines() if " " in line)
    for form, bases in sorted(irregular.items()):
        bases = [base for base in bases.split() if "_" not in base]
        if "_" not in form:
            yield " ".join(["-", form, *bases])


def main():
    folder = Path(sys.argv[1])
    text = "\n".join(line for key, name in PARTS.items() for line in section(folder, key, name)) + "\n"
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0, filename="") as out:
        out.write(text.encode())
    target = Path(__file__).with_name("synonyms.txt.gz")
    target.write_bytes(packed.getvalue())
    print(f"{target}: {len(text)} bytes of text, {len(packed.getvalue())} packed")


main()
