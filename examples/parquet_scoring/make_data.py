#!/usr/bin/env python3
"""Makes a partitioned Parquet data set of payments: make_data.py FOLDER [PARTS [ROWS_IN_EACH]]"""
import pathlib
import sys

import numpy
import pyarrow
import pyarrow.parquet


def main(folder, parts=16, rows=250_000):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(int(parts)):
        random = numpy.random.default_rng(part)
        columns = {"id": numpy.arange(int(rows)) + part * int(rows),
                   "category": random.integers(0, 400, int(rows), dtype=numpy.int32)}
        for k in range(30):
            columns[f"n{k:02}"] = random.random(int(rows), numpy.float32)
        pyarrow.parquet.write_table(pyarrow.table(columns), folder / f"part-{part:04}.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])
