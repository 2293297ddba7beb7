"""Nodeprep and resourceprep (RFC 3920) over Python's Unicode 3.2 tables.

Reads a JSON list of texts; writes a list of [node, resource], null where a profile refuses. A text with a code point that
Unicode 3.2 did not assign gives null in place of the pair.
"""
import json
import stringprep as sp
import sys
from unicodedata import ucd_3_2_0 as ucd

PROHIBITED = [
    sp.in_table_c12, sp.in_table_c21_c22, sp.in_table_c3, sp.in_table_c4, sp.in_table_c5, sp.in_table_c6,
    sp.in_table_c7, sp.in_table_c8, sp.in_table_c9,
]


def finish(text, extra):
    text = ucd.normalize('NFKC', text)
    if not text or any(c in extra or any(check(c) for check in PROHIBITED) for c in text):
        return None
    if any(sp.in_table_d1(c) for c in text):
        if any(sp.in_table_d2(c) for c in text):
            return None
        if not (sp.in_table_d1(text[0]) and sp.in_table_d1(text[-1])):
            return None
    return text


def pair(text):
    if any(sp.in_table_a1(c) and not sp.in_table_c3(c) and not sp.in_table_c4(c) for c in text):
        return None
    kept = [c for c in text if not sp.in_table_b1(c)]
    node = finish(''.join(sp.map_table_b2(c) for c in kept), '"&\'/:<>@ ')
    return [node, finish(''.join(kept), '')]


json.dump([pair(text) for text in json.load(sys.stdin)], sys.stdout)
