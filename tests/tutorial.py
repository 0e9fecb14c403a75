#!/usr/bin/env python3
"""The first step of docs/tutorial.md, the only one that needs Keras: its script trains, and what it writes is what the rest of the
page goes on with. tests/docs.py runs the rest.

    build/oracle/bin/python tests/tutorial.py --lamina build/bin/lamina
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamina", type=pathlib.Path, required=True)
    lamina = parser.parse_args().lamina.resolve()
    page = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    script = re.search(r"^```python\n(# train.py\n.*?)^```$", page, re.M | re.S).group(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "train.py").write_text(script, encoding="utf-8")
        said = subprocess.run([sys.executable, "train.py"], cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}).stdout
        accuracy = float(re.search(r"accuracy on new windows: ([\d.]+)", said).group(1))
        assert accuracy > 0.95, said
        for name in ("motor.weights.h5", "windows.npy", "answers.npy"):
            given = ROOT / "examples/vibration" / name
            assert (folder / name).stat().st_size == given.stat().st_size, f"{name} is not like {given}"
        subprocess.run([lamina, "verify", "train.py", "-w", "motor.weights.h5", "-i", "windows.npy", "--expect", "answers.npy"],
                       cwd=folder, check=True)


if __name__ == "__main__":
    main()
