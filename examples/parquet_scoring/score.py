#!/usr/bin/env python3
"""Scores every part of a Parquet data set by a compiled model, on Dask workers: score.py PAYMENTS SCORES [WORKERS [SCHEDULER]]

Each part becomes a file of the same name with the columns id and score. It appears whole, and parts that are there already
are left alone: a run that was interrupted goes on where it was. Without the address of a scheduler, WORKERS processes of
this machine do the work.
"""
import os
import pathlib
import sys
import time

import numpy
import pyarrow
import pyarrow.parquet
from distributed import Client, LocalCluster, as_completed

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
NUMBERS = [f"n{k:02}" for k in range(30)]


def score_part(source, target, modules):
    """On a worker: (rows, seconds in all, seconds in the model)."""
    if modules not in sys.path:
        sys.path.insert(0, modules)
    import fraud  # each process loads the model once

    began = time.perf_counter()
    table = pyarrow.parquet.read_table(source, columns=["id", "category", *NUMBERS],
                                       use_threads=False)  # the workers are the threads
    numbers = numpy.stack([table[name].to_numpy() for name in NUMBERS], 1)
    category = table["category"].to_numpy()
    computing = time.perf_counter()
    score = fraud.predict(numbers=numbers, category=category)
    computed = time.perf_counter()
    temporary = f"{target}.{os.getpid()}.tmp"
    pyarrow.parquet.write_table(pyarrow.table({"id": table["id"], "score": score[:, 0]}), temporary)
    os.replace(temporary, target)
    return len(score), time.perf_counter() - began, computed - computing


def main(payments, scores, workers="2", scheduler=None):
    scores, here = pathlib.Path(scores), str(pathlib.Path(__file__).resolve().parent)
    scores.mkdir(parents=True, exist_ok=True)
    parts = [p for p in sorted(pathlib.Path(payments).glob("*.parquet")) if not (scores / p.name).exists()]
    cluster = None if scheduler else LocalCluster(n_workers=int(workers), threads_per_worker=1, dashboard_address=None)
    with Client(scheduler or cluster) as client:
        client.run(lambda: None)  # the workers are up
        began, rows, busy, model = time.perf_counter(), 0, 0.0, 0.0
        futures = [client.submit(score_part, str(p.resolve()), str((scores / p.name).resolve()), here, pure=False)
                   for p in parts]
        for _, (n, seconds, in_model) in as_completed(futures, with_results=True):
            rows, busy, model = rows + n, busy + seconds, model + in_model
        wall = time.perf_counter() - began
        pids = len(client.run(os.getpid))
    if cluster:
        cluster.close()
    print(f"{len(parts)} parts, {rows} rows by {pids} workers in {wall:.2f} s: {rows / wall / 1e6:.2f} million rows a second;"
          f" {100 * model / busy if busy else 0:.0f} % of the workers' time was the model's")


if __name__ == "__main__":
    main(*sys.argv[1:])
