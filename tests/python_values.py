"""Compares what Lamina computes with what Python computes: operators, methods, builtins and formatting of plain values.

    python3 tests/python_values.py PATH/lamina_eval_values [CASES]

The cases are those of python_values.txt, and families made here: every format specification on every kind of number,
slices, arithmetic on awkward numbers. Words of exceptions are compared where Python is the version they are from.
"""

import itertools
import random
import subprocess
import sys
import warnings
from pathlib import Path

WORDS_FROM = (3, 11)


def format_cases():
    numbers = ["0", "1", "-7", "255", "1234567", "-1234567", "0.0", "-0.0", "1.5", "-2.25", "3.14159265", "1234567.891",
               "1e-5", "1e20", "-1.5e300", "float('inf')", "float('-inf')", "float('nan')", "True"]
    specs = ["", "5", "<10", ">10", "^10", "=10", "*^11", "+", " ", "-", "010", "+010", ",", "_", "012,", "012_", "20,",
             ".0", ".1", ".3", ".10", ".3f", ".0f", "f", "F", "e", ".2e", "E", "g", ".3g", "G", "#.3g", "#g", "n", "%",
             ".1%", "d", "b", "o", "x", "X", "#b", "#o", "#x", "#X", "#010x", "_b", "_x", "c", "s", "10.3f", "<10.2e",
             "+.2f", "z.0f", ",.2f", "020,.2f", "_.1f", "é>8", "0>8", "0<8", "0^9", ".20f", "#.0f", "#.0e", "5d", "^+9,d",
             "#,d", "-5", "1", "06.2%", "#.3", ".1g", ".17g", "+g", ">+8.1e"]
    yield from (f"format({n}, {s!r})" for n, s in itertools.product(numbers, specs))
    texts = ["''", "'a'", "'hello'", "'naïve'"]
    yield from (f"format({t}, {s!r})" for t, s in itertools.product(texts, ["", "5", "<7", ">7", "^8", "*^9", ".2", "8.3",
                                                                             "05", "s", "é<6", "3s", ".0"]))


def percent_cases():
    numbers = ["0", "7", "-42", "1.5", "-2.25", "1e10", "123456.789", "0.0001", "True"]
    flags = ["", "-", "0", "+", " ", "#", "+0", "-0", "#0", "0-", " 0"]
    for number, flag, width, conversion in itertools.product(numbers, flags, ["", "8", "12.3", ".0", ".2"], "dfegGsr"):
        yield f"'%{flag}{width}{conversion}|' % {number}"
    for flag, width, conversion in itertools.product(flags, ["", "8", "8.3"], "xXo"):
        yield f"'%{flag}{width}{conversion}|' % 255, '%{flag}{width}{conversion}|' % -255"


def slice_cases():
    bounds = ["", "0", "1", "-1", "3", "-3", "5", "-9", "9"]
    for start, stop, step in itertools.product(bounds, bounds, ["", "1", "2", "-1", "-2", "7"]):
        index = f"[{start}:{stop}:{step}]"
        yield f"[0, 1, 2, 3, 4]{index}, 'abcde'{index}, (1, 2, 3){index}, 'aéîo'{index}, range(5){index}"


def number_cases():
    numbers = ["0", "1", "-1", "3", "-7", "255", "2**31", "-2**53 - 1", "2**62", "9223372036854775807",
               "-9223372036854775807", "0.5", "-0.0",
               "1.5", "-2.5", "1e300", "-1e-300", "0.1", "float('inf')", "float('nan')", "True"]
    operators = ["+", "-", "*", "/", "//", "%", "<", "<=", "==", "!=", ">"]
    for left, right, operator in itertools.product(numbers, numbers, operators):
        yield f"({left}) {operator} ({right})"
    for left, right, operator in itertools.product(numbers, ["0", "1", "-1", "2", "5", "0.5", "-2.5"], ["**", "&", "<<"]):
        yield f"({left}) {operator} ({right})"


def float_cases():
    chance = random.Random(5)
    for _ in range(400):
        value = chance.choice([chance.random(), chance.uniform(-1e6, 1e6), chance.random() * 10.0 ** chance.randint(-30, 15),
                               round(chance.uniform(-100, 100), chance.randint(0, 4))])
        digits = chance.randint(-4, 8)
        yield (f"{value!r}, round({value!r}, {digits}), int({value!r}), {value!r} // 0.37, {value!r} % -7.3, "
               f"format({value!r}, '.{chance.randint(0, 12)}'), float({str(value)!r})")


def read_cases(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


def program(case):
    return case if "_ = " in case or case.startswith(("d = ", "'abc'[0] = ")) else f"_ = ({case})"


def asked_of_python(text):
    names = {"open": lambda name: object()} # what Lamina does not know, is at least a value
    try:
        exec(text, names)
    except Exception as error:
        return f"! {type(error).__name__}: {error}"
    answer = names["_"]
    return "= " + repr(answer).replace("\n", "\\n")


def fits_int64(text):
    """Lamina's ints have 64 bits, and it has no complex numbers: what goes beyond is opaque there."""
    names = {}
    try:
        exec(text, names)
    except Exception as error:
        return not str(error).startswith("complex")
    answer = names["_"]
    return not isinstance(answer, complex) and (not isinstance(answer, int) or -2**63 <= answer < 2**63)


def same(expected, got):
    if expected.startswith("! StopIteration") or expected.startswith("! ") and sys.version_info[:2] != WORDS_FROM:
        return got.split(":")[0] == expected.split(":")[0]
    return got == expected


def main():
    warnings.simplefilter("ignore")
    tool = sys.argv[1]
    own = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).with_suffix(".txt")
    cases = list(read_cases(own))
    if len(sys.argv) <= 2:
        cases += [*format_cases(), *percent_cases(), *slice_cases(), *number_cases(), *float_cases()]
    unknown = [case.startswith("? ") for case in cases]
    texts = [program(case.removeprefix("? ")) for case in cases]
    run = subprocess.run([tool], input="\n".join(texts) + "\n", capture_output=True, text=True)
    answers = run.stdout.splitlines()
    failures = 0
    for case, text, is_unknown, got in zip(cases, texts, unknown, answers):
        if got.startswith("? ") and (is_unknown or not fits_int64(text)):
            continue
        expected = "? ..." if is_unknown else asked_of_python(text)
        if not same(expected, got):
            failures += 1
            print(f"{case}\n  Python: {expected}\n  Lamina: {got}")
    if run.returncode != 0 or len(answers) != len(cases):
        print(f"{tool} ended with {run.returncode} after {len(answers)} of {len(cases)} cases\n{run.stderr}")
        failures += 1
    print(f"{len(cases)} cases, {failures} failures")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
