#!/usr/bin/env python3
"""`lamina run` on data larger than memory: pieces, jobs, progress, damage, and what an interrupt leaves. Only python3.

    LAMINA=build/bin/lamina tests/streaming.py
"""
import io
import os
import pathlib
import pty
import resource
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import zipfile

LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())
SANITIZED = os.environ.get("SANITIZED") == "1"
TWO = """x = Input((16,), name='x')
h = layers.Dense(24, activation='relu')(x)
model = Model(x, [layers.Dense(3, activation='softmax', name='p')(h), layers.Dense(1, name='q')(h)])
"""
LARGE = "x = Input((1024, 4), name='x')\nmodel = Model(x, layers.GlobalMaxPooling1D()(x))\n"
SLOW = "x = Input((256,), name='x')\ny = x\nfor i in range(30):\n    y = layers.Dense(256)(y)\nmodel = Model(x, y)\n"


def head(shape, kind="<f4", fortran=False):
    text = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


def values(count):
    state, out = 1, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(state / 2**30 - 1)
    return out


class Streaming(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        (self.folder / "tmp").mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.folder / "tmp"), "NO_COLOR": "1"}

    def put(self, name, content):
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def holes(self, name, shape):
        """An array of zeros that takes no room on disk."""
        size = 4
        for extent in shape:
            size *= extent
        with open(self.folder / name, "wb") as file:
            file.write(head(shape))
            file.truncate(file.tell() + size)
        return name

    def run_lamina(self, *arguments, status=0, **options):
        run = subprocess.run([LAMINA, *arguments], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=300, **options)
        self.assertEqual(run.returncode, status, run.stderr.decode())
        return run.stderr.decode()

    def listing(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))

    def start(self, *arguments, **options):
        return subprocess.Popen([LAMINA, *arguments], cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL,
                                **{"stderr": subprocess.DEVNULL, **options})

    # ---- the same bytes, however the data come and are cut ----

    def test_ways_of_the_data_and_jobs(self):
        rows = 4099
        data = values(rows * 16)
        plain = struct.pack(f"<{len(data)}f", *data)
        floats = struct.unpack(f"<{len(data)}f", plain)
        columns = [floats[i * 16 + k] for k in range(16) for i in range(rows)]
        self.put("two.lam", TWO)
        self.put("c.npy", head((rows, 16)) + plain)
        self.put("big.npy", head((rows, 16), ">f8") + struct.pack(f">{len(data)}d", *floats))
        self.put("fortran.npy", head((rows, 16), "<f4", True) + struct.pack(f"<{len(data)}f", *columns))
        for name, content, packing in (("stored.npz", "c.npy", zipfile.ZIP_STORED), ("packed.npz", "c.npy", zipfile.ZIP_DEFLATED),
                                       ("packed_fortran.npz", "fortran.npy", zipfile.ZIP_DEFLATED)):
            with zipfile.ZipFile(self.folder / name, "w", packing) as archive:
                archive.writestr("x.npy", (self.folder / content).read_bytes())
        expected = None
        for source in ("c.npy", "big.npy", "fortran.npy", "stored.npz", "packed.npz", "packed_fortran.npz"):
            for jobs in ("-j1", "-j3"):
                with self.subTest(source=source, jobs=jobs):
                    self.run_lamina("run", "two.lam", "-w", "random", "-i", source, "-o", "y.npz", jobs)
                    found = (self.folder / "y.npz").read_bytes()
                    expected = expected or found
                    self.assertEqual(found, expected)
        with open(self.folder / "c.npy", "rb") as pipe:
            self.run_lamina("run", "two.lam", "-w", "random", "-i", "/dev/stdin", "-o", "y.npz", stdin=pipe)
        self.assertEqual((self.folder / "y.npz").read_bytes(), expected)
        with zipfile.ZipFile(io.BytesIO(expected)) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), ["p.npy", "q.npy"])
        self.run_lamina("run", "two.lam", "-w", "random", "-i", "c.npy", "-o", "r.npz", "--via=reference")
        for name, kind, size in (("p", "f", 3), ("q", "f", 1)):
            with zipfile.ZipFile(io.BytesIO(expected)) as one, zipfile.ZipFile(self.folder / "r.npz") as two:
                got, want = one.read(name + ".npy"), two.read(name + ".npy")
            got = struct.unpack(f"<{rows * size}f", got[-4 * rows * size:])
            want = struct.unpack(f"<{rows * size}d", want[-8 * rows * size:])
            self.assertLess(max(abs(a - b) for a, b in zip(got, want)), 1e-5)

    def test_no_rows(self):
        self.put("two.lam", TWO)
        self.put("x.npy", head((0, 16)))
        self.run_lamina("run", "two.lam", "-w", "random", "-i", "x.npy", "-o", "y.npz")
        with zipfile.ZipFile(self.folder / "y.npz") as archive:
            self.assertIn(b"(0, 3)", archive.read("p.npy"))

    @unittest.skipIf(SANITIZED, "a sanitizer takes all addresses")
    def test_memory_is_bounded(self):
        rows, limit = 131072, 1 << 30  # 2 GiB of data in 1 GiB of addresses
        self.put("large.lam", LARGE)
        self.holes("x.npy", (rows, 1024, 4))
        self.run_lamina("run", "large.lam", "-i", "x.npy", "-o", "y.npy", "-j2",
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        self.assertGreater((self.folder / "y.npy").stat().st_size, rows * 16)

    def test_data_are_looked_at_before_the_model_is_compiled(self):
        self.put("two.lam", TWO)
        self.put("wide.npy", head((1, 17)) + bytes(68))
        self.environment["CC"] = "/no/such/cc"
        error = self.run_lamina("run", "two.lam", "-w", "random", "-i", "wide.npy", "-o", "y.npz", "--via=c", status=1)
        self.assertIn("[E552]", error)
        self.assertNotIn("[E006]", error)

    # ---- damage ----

    def refuses(self, code, says, *arguments):
        self.put("y.npz", b"the one of before")
        error = self.run_lamina("run", *arguments, "-o", "y.npz", status=1)
        self.assertIn(f"[{code}]", error)
        self.assertIn(says, error)
        self.assertEqual((self.folder / "y.npz").read_bytes(), b"the one of before")
        self.assertFalse([n for n in self.listing() if n.endswith(".tmp")])

    def test_damage_is_told_with_its_row(self):
        self.put("two.lam", TWO)
        data = struct.pack("<64000f", *values(64000))
        self.put("cut.npy", head((4000, 16)) + data[:100 * 64 + 8])
        self.refuses("E503", "which end in row 100", "two.lam", "-w", "random", "-i", "cut.npy")
        for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            with zipfile.ZipFile(self.folder / "x.npz", "w", packing) as archive:
                archive.writestr("x.npy", head((4000, 16)) + data)
            damaged = bytearray((self.folder / "x.npz").read_bytes())
            damaged[len(damaged) // 2] ^= 16
            self.put("x.npz", bytes(damaged))
            self.refuses("E504", "in or after row", "two.lam", "-w", "random", "-i", "x.npz")

    def test_values_are_told_with_their_row(self):
        self.put("e.lam", "x = Input((2,), dtype='int32')\nmodel = Model(x, layers.Embedding(5, 2)(x))\n")
        ids = [0] * 20000
        ids[2 * 7001 + 1] = 5
        self.put("ids.npy", head((10000, 2), "<i4") + struct.pack("<20000i", *ids))
        self.refuses("E554", "in row 7001", "e.lam", "-w", "random", "-i", "ids.npy")
        fractions = [0.0] * 20000
        fractions[2 * 7002] = 0.5
        self.put("half.npy", head((10000, 2), "<f4") + struct.pack("<20000f", *fractions))
        self.refuses("E553", "0.5 in row 7002", "e.lam", "-w", "random", "-i", "half.npy")

    # ---- terminals and interrupts ----

    def slow(self):
        self.put("slow.lam", SLOW)
        self.holes("x.npy", (400000, 256))
        return "run", "slow.lam", "-w", "random", "-i", "x.npy", "-o", "y.npy"

    def test_interrupts_leave_nothing(self):
        arguments = self.slow()
        before = self.listing()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                process = self.start(*arguments)
                deadline = time.monotonic() + 60
                while self.listing() == before and time.monotonic() < deadline:
                    time.sleep(0.01)
                self.assertNotEqual(self.listing(), before)  # it is writing
                process.send_signal(number)
                self.assertEqual(process.wait(60), -number)
                self.assertEqual(self.listing(), before)

    def test_an_interrupted_linker_leaves_nothing(self):
        self.put("two.lam", TWO)
        self.put("x.npy", head((1, 16)) + bytes(64))
        self.put("cc", "#!/bin/sh\nexec sleep 60\n")
        (self.folder / "cc").chmod(0o755)
        self.environment["CC"] = str(self.folder / "cc")
        before = self.listing()
        process = self.start("run", "two.lam", "-w", "random", "-i", "x.npy", "-o", "y.npz", "--via=c", start_new_session=True)
        deadline = time.monotonic() + 60
        while not any(name.endswith("cc.log") for name in self.listing()) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(60), -signal.SIGINT)
        self.assertEqual(self.listing(), before)

    def test_progress_is_for_terminals(self):
        arguments = self.slow()
        master, slave = pty.openpty()
        process = self.start(*arguments, stderr=slave)
        os.close(slave)
        shown, deadline = b"", time.monotonic() + 60
        while b"%" not in shown and time.monotonic() < deadline:
            shown += os.read(master, 4096)
        process.terminate()
        process.wait(60)
        os.close(master)
        self.assertIn(b"running the model [", shown)
        quiet = self.start(*arguments, stderr=subprocess.PIPE)
        time.sleep(1.5)
        quiet.terminate()
        self.assertEqual(quiet.communicate(timeout=60)[1], b"")

    def test_short_work_shows_nothing(self):
        self.put("two.lam", TWO)
        self.put("x.npy", head((1, 16)) + bytes(64))
        master, slave = pty.openpty()
        process = self.start("check", "two.lam", stderr=slave)
        self.assertEqual(process.wait(60), 0)
        os.close(slave)
        try:
            shown = os.read(master, 4096)
        except OSError:
            shown = b""
        os.close(master)
        self.assertEqual(shown, b"")


if __name__ == "__main__":
    unittest.main()
