#!/usr/bin/env python3
"""A model as firmware, in QEMU: built by examples/firmware/build.sh, run on a board, compared with the host.

    tests/firmware.py --lamina build/bin/lamina [--image IMAGE.elf] [--at-most N] [--int8] BOARD MODEL [WEIGHTS SAMPLES.npy]
    tests/firmware.py --lamina build/bin/lamina --refused BOARD MODEL WEIGHTS SAMPLES.npy

What the board answers must be within the bound on float32's rounding that `lamina verify` computes, and its stack within what the
header states. --int8: quantised, by the samples; then the answers have the reference's bits, unless a layer stays float32. Without weights and samples these are made up. Without --image the model is built, at -Os and at -O3. --at-most: instructions for a
multiply-add. --refused: the
build must say that the model does not fit, with figures. Status 77 where the compiler or QEMU is missing.
"""
import argparse
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "examples/firmware"
SAMPLES = 2


class Fault(Exception):
    pass


def command(*arguments, status=0, env=None):
    run = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=300, env={**os.environ, **(env or {})})
    if run.returncode != status:
        raise Fault(f"`{' '.join(map(str, arguments))}` gave status {run.returncode}:\n{(run.stdout + run.stderr)[-3000:]}")
    return run.stdout, run.stderr


def described(header, what):
    """dtype and shape of a sample of the first input or the last output, by the title of the header."""
    dtype, shape = re.findall(rf"^ \*   {what} +\w+ +(\w+) \[batch\]((?:\[\d+\])*) ", header, re.M)[-1]
    return dtype, [int(n) for n in re.findall(r"\d+", shape)]


def write_npy(path, shape, words, kind="<f4"):
    """Words of 32 bits."""
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    head = head.ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(words)}I", *words))


def make_samples(options, folder):
    """Samples for a model of one input: -1 to 1, or small numbers."""
    command(options.lamina, "compile", options.model, "-w", "random:3", "--prefix=model", "-o", folder / "model.c")
    dtype, shape = described((folder / "model.h").read_text(), "input")
    count, state, words = SAMPLES, 1, []
    for extent in shape:
        count *= extent
    for _ in range(count):
        state = (state * 1103515245 + 12345) % (1 << 31)
        number = (state >> 16) % 2001 - 1000
        words.append(struct.unpack("<I", struct.pack("<f", number / 1000))[0] if dtype == "float32" else abs(number) % 10)
    write_npy(folder / "samples.npy", [SAMPLES, *shape], words, "<f4" if dtype == "float32" else "<i4")
    return folder / "samples.npy"


def quantize_flags(options):
    return ["--quantize=int8", f"--calibrate={options.samples.absolute()}"] if options.int8 else []


def build(options, image, optimize="-O3", status=0):
    return command(FIRMWARE / "build.sh", options.board, options.model, options.weights, options.samples, image, status=status,
                   env={"LAMINA": str(options.lamina), "OPTIMIZE": optimize, "LAMINA_FLAGS": " ".join(quantize_flags(options))})


def check_sections(image):
    """Nothing that changes is the model's, and it needs no more of the C library than copying and mathematics."""
    model = image.with_name(image.name + ".parts") / "model.o"
    for section, size in re.findall(r"^(\.\S+)\s+(\d+)", command("arm-none-eabi-size", "-A", model)[0], re.M):
        if re.match(r"\.(data|bss)", section) and int(size):
            raise Fault(f"{model.name}: {size} bytes in {section}")
    needed = set(re.findall(r" U (\S+)", command("arm-none-eabi-nm", "-u", model)[0]))
    extra = {name for name in needed if not re.fullmatch(r"__\w+|mem(set|cpy|move)|(sqrt|floor|ceil|rint|fmod|trunc|fma)f?", name)}
    if extra:
        raise Fault(f"{model.name} needs {', '.join(sorted(extra))}")


def check_int8(options, words, folder):
    """The answers beside those of the reference, which computes the quantised model."""
    said = command(options.lamina, "run", options.model, "-w", options.weights, "-i", options.samples, *quantize_flags(options),
                   "--via=reference", "-o", folder / "reference.npy")[1]
    data = (folder / "reference.npy").read_bytes()
    expected = struct.unpack_from(f"<{len(words)}d", data, 10 + struct.unpack_from("<H", data, 8)[0])
    answers = struct.unpack(f"<{len(words)}f", struct.pack(f"<{len(words)}I", *words))
    exact = "[R660]" not in said
    for i, (found, wanted) in enumerate(zip(answers, expected)):
        nearest, = struct.unpack("<f", struct.pack("<f", wanted))
        if found != nearest if exact else not abs(found - wanted) <= 1e-6:
            raise Fault(f"answer {i} is {found!r}, the reference has {wanted!r}")


def check_run(options, image, folder):
    """Runs the image; its answers by the host's bound."""
    said = command(FIRMWARE / "run.sh", options.board, image)[0]
    header = (image.with_name(image.name + ".parts") / "model.h").read_text()
    words = [int(word, 16) for word in re.findall(r" \((\w{8})\)", said)]
    samples = len(re.findall(r"^sample ", said, re.M))
    if options.int8:
        check_int8(options, words, folder)
    else:
        write_npy(folder / "answers.npy", [samples, *described(header, "output")[1]], words)
        command(options.lamina, "verify", options.model, "-w", options.weights, "-i", options.samples, "--expect",
                folder / "answers.npy")
    nanoseconds, stack = map(int, re.search(r"^time (\d+) ns, stack (\d+) bytes$", said, re.M).groups())
    stated, = re.findall(r"stack below ([\d,]+) bytes", header)
    if stack >= int(stated.replace(",", "")):
        raise Fault(f"a run takes {stack} bytes of stack, the header states {stated}")
    adds = int(re.search(r"([\d,]+) multiply-adds", header)[1].replace(",", ""))
    print(f"{samples} samples, {nanoseconds:,} instructions each, {nanoseconds / max(adds, 1):.2f} a multiply-add; stack {stack}")
    if options.at_most and nanoseconds > options.at_most * adds:
        raise Fault(f"more than {options.at_most} instructions for a multiply-add")


def check_refused(options, folder):
    said = build(options, folder / "image.elf", status=1)[1]
    print(said.strip())
    if not re.search(r"does not fit \S+: it needs \d+ bytes of flash, where there are \d+, and \d+ bytes of RAM, where", said):
        raise Fault(f"the build says:\n{said}")


def check(options, folder):
    if options.refused:
        check_refused(options, folder)
        return
    if not options.samples:
        options.weights, options.samples = "random:3", make_samples(options, folder)
    for optimize in ("-Os", "-O3") if not options.image else (None,):
        image = options.image or folder / f"image{optimize}.elf"
        if optimize:
            print(optimize, build(options, image, optimize)[0].strip())
        check_sections(image)
        check_run(options, image, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamina", required=True, type=pathlib.Path)
    parser.add_argument("--image", type=pathlib.Path)
    parser.add_argument("--at-most", type=float)
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--refused", action="store_true")
    parser.add_argument("board")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("weights", nargs="?")
    parser.add_argument("samples", nargs="?", type=pathlib.Path)
    options = parser.parse_args()
    options.lamina = options.lamina.absolute()
    if not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")):
        print("arm-none-eabi-gcc or qemu-system-arm is missing")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(options, pathlib.Path(folder))
        except (Fault, subprocess.TimeoutExpired) as fault:
            print(fault)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
