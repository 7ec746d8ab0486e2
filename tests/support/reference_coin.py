#!/usr/bin/env python3
"""Coins, digest terms and thresholds of Lawine, a second time, from the words of engine/README.md.

Shares no code with the engine: unbounded integers and exact fractions instead of 64-bit words.

  reference_coin.py                prints the test vectors (tests/base/reference_vectors.inc)
  reference_coin.py --check FILE   fails unless FILE is what would be printed
"""

import itertools
import math
import sys
from fractions import Fraction

WORD = 1 << 64
GOLDEN = 0x9E3779B97F4A7C15
MUL1 = 0x3C79AC492BA7B653
MUL2 = 0x1C69B3F74AC4AE35

TAG_TRANSITION = 0x4C6177696E650001
TAG_LINK = 0x4C6177696E650002
TAG_MEMBER = 0x4C6177696E650003


def xor_shift(x, bits):
    return x ^ (x >> bits)


def mix(x):
    x = xor_shift(x, 27) * MUL1 % WORD
    x = xor_shift(x, 33) * MUL2 % WORD
    return xor_shift(x, 27)


def chain(*values):
    h = 0
    for value in values:
        h = mix(((h ^ value) + GOLDEN) % WORD)
    return h


def word(h, number):
    """The number-th key word drawn from a finished chain, counted from 1."""
    return mix((h + number * GOLDEN) % WORD)


def keyed(k0, k1, x):
    x = xor_shift(x ^ k0, 27) * MUL1 % WORD
    x = (xor_shift(x, 33) + k1) % WORD * MUL2 % WORD
    return xor_shift(x, 27)


def coin(run_seed, message, replica, purpose, step, *keys):
    h = chain(run_seed, message, replica, purpose, step)
    k0, k1 = word(h, 1), word(h, 2)
    for key in keys:
        k0 = keyed(k0, k1, key)
    return k0


def digest_term(h, *keys):
    low, k1, high, k3 = (word(h, number) for number in (1, 2, 3, 4))
    for key in keys:
        low, high = keyed(low, k1, key), keyed(high, k3, key)
    return high * WORD + low


def transition_term(message, replica, step, event, value, key):
    return digest_term(chain(TAG_TRANSITION, message, replica, step, event, value), key)


def link_term(kind, weight, source, receiver):
    return digest_term(chain(TAG_LINK, kind, weight), source, receiver)


def member_term(key):
    return digest_term(chain(TAG_MEMBER, 0, 0), key)


def round_half_up(x):
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


def threshold(p):
    return round_half_up(Fraction(p) * 2**63)


def product(a, b):
    return round_half_up(Fraction(a * b, 2**63))


HOUR_WEIGHTS = (20, 12, 7, 5, 5, 8, 18, 35, 48, 52, 55, 58, 62, 60, 58, 60, 66, 74, 80, 88, 92, 86, 64, 38)
SENDER, START_TIME = 10, 11


def rank(c, members):
    ends = [min(1024, members)]
    while ends[-1] < members:
        ends.append(min(2 * max(ends[-1], 1024), members))
    block, rest = divmod(c * len(ends), WORD)
    begin = ends[block - 1] if block > 0 else 0
    return begin + rest * (ends[block] - begin) // WORD


def sender(run_seed, members, heavy_tailed, message):
    c = coin(run_seed, 0, 0, SENDER, 0, message)
    if not heavy_tailed:
        return c * members // WORD
    shift = coin(run_seed, 0, 0, SENDER, 1, 0) * members // WORD
    tries = (1 + coin(run_seed, 0, 0, SENDER, 2, n) * max(members - 1, 1) // WORD for n in itertools.count())
    multiplier = next(a for a in tries if math.gcd(a, members) == 1)
    return (multiplier * rank(c, members) + shift) % members


def start_second(run_seed, daily_rhythm, message):
    c = coin(run_seed, 0, 0, START_TIME, 0, message)
    if not daily_rhythm:
        return c * 86400 // WORD
    weight, rest = divmod(c * sum(HOUR_WEIGHTS), WORD)
    hour = next(h for h in range(24) if sum(HOUR_WEIGHTS[:h + 1]) > weight)
    return 3600 * hour + rest * 3600 // WORD


def hex_words(*words):
    return ", ".join(f"0x{w:x}" for w in words)


KEYS = (0, 1, 2, 4294967296, WORD - 1)
LUCK = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2009, 7, 9999), (WORD - 1, 5, WORD - 1))
LINKS = ((0, 0), (0, 1), (1, 0), (6000000, 5999999), (WORD - 1, 1))
PROBABILITIES = (0.0, 1.0, 0.5, 0.25, 0.1, 0.2, 1 / 3, 0.9, 0.999, 1e-3, 1e-9, 2.0**-62, 2.0**-63, 2.0**-64,
                 1.5 * 2.0**-63, 0.75 * 2.0**-64, 2.0**-65, 1 - 2.0**-53, 5e-324, 2.0**-1022)


def rows():
    """(macro, arguments) of every vector."""
    for luck, purpose, step, key in itertools.product(LUCK, (1, 7, 64), (0, 3), KEYS):
        yield "COIN", hex_words(*luck, purpose, step, key, coin(*luck, purpose, step, key))
    for luck, purpose, (source, receiver) in itertools.product(LUCK, (4, 5), LINKS):
        luck_of_link = (*luck, purpose, 0, source, receiver)
        yield "LINK_COIN", hex_words(*luck_of_link, coin(*luck_of_link))
    for transition in itertools.product((0, 5), (0, 9), (0, 12), (1, 2), (0, 8), KEYS[1:4]):
        yield "TRANSITION_TERM", hex_words(*transition, *divmod(transition_term(*transition), WORD))
    for kind, weight, (source, receiver) in itertools.product((0, 3), (0, 1 << 31), LINKS):
        term = link_term(kind, weight, source, receiver)
        yield "LINK_TERM", hex_words(kind, weight, source, receiver, *divmod(term, WORD))
    for key in KEYS:
        yield "MEMBER_TERM", hex_words(key, *divmod(member_term(key), WORD))
    for p in PROBABILITIES:
        yield "THRESHOLD", f"{p!r}, {hex_words(threshold(p))}"
    for a, b in itertools.combinations_with_replacement(PROBABILITIES[:12], 2):
        yield "PRODUCT", hex_words(threshold(a), threshold(b), product(threshold(a), threshold(b)))
    for run_seed, members, heavy, message in itertools.product(
            (1, WORD - 1), (1, 2, 1000, 1025, 6000000, 4294967294), (0, 1), (0, 1, 2, 30000000)):
        yield "SENDER", hex_words(run_seed, members, heavy, message, sender(run_seed, members, heavy, message))
    for run_seed, rhythm, message in itertools.product((1, 2009), (0, 1), (0, 1, 2, 3, 30000000)):
        yield "START_SECOND", hex_words(run_seed, rhythm, message, start_second(run_seed, rhythm, message))
    total = sum(member_term(key) for key in range(1000)) % WORD**2
    yield "MEMBERS_SUM", f'1000, "{total:032x}"'


def vectors():
    """X-macros: whoever includes them defines the ones it wants; the others vanish."""
    all_rows = list(rows())
    macros = list(dict.fromkeys(macro for macro, _ in all_rows))
    head = "// Test vectors, printed by tests/support/reference_coin.py: the arguments, then the result.\n"
    defaults = "".join(f"#ifndef {macro}\n#define {macro}(...)\n#endif\n" for macro in macros)
    body = "".join(f"{macro}({arguments})\n" for macro, arguments in all_rows)
    return head + defaults + body + "".join(f"#undef {macro}\n" for macro in macros)


def main(arguments):
    if not arguments:
        sys.stdout.write(vectors())
        return 0
    if len(arguments) != 2 or arguments[0] != "--check":
        sys.stderr.write(__doc__)
        return 2
    with open(arguments[1], encoding="ascii") as file:
        found = file.read().splitlines()
    expected = vectors().splitlines()
    for number, (a, b) in enumerate(itertools.zip_longest(expected, found), start=1):
        if a != b:
            sys.stderr.write(f"{arguments[1]}:{number}: expected {a}, found {b}; print the vectors again\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
