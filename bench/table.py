"""Prints what bench.py measured: times, the ratio to the best peer, and the share of what the machine
reaches.
"""
import math

import lamina
import peers

SHORT = {
    "onnxruntime": "ORT", "openvino": "OpenVINO", "litert": "LiteRT", "litert-int8": "LiteRT int8",
    "gcc-O3": "gcc -O3 native", "gcc-O2": "gcc -O2", "clang-O3": "clang -O3", "object": "LLVM object",
}


def micros(seconds):
    us = seconds * 1e6
    return f"{us:.3f}" if us < 1 else f"{us:.2f}" if us < 10 else f"{us:.1f}" if us < 1000 else f"{us:,.0f}"


def times(row, names):
    return {n: e["time"] for n, e in row["engines"].items() if n in names and "time" in e}


def best(row, names):
    found = times(row, names)
    return min(found, key=found.get) if found else None


def bandwidth(floor, size):
    """Of the level of memory that holds so many bytes; the sizes are those that the levels have almost everywhere."""
    return floor["L1" if size < 24e3 else "L2" if size < 800e3 else "L3" if size < 24e6 else "DRAM"]


def share(row, seconds, floor):
    """What is reached of the tighter of the machine's two bounds on this model, in percent, and which that is."""
    compute = 2e-9 * row["macs"] * row["batch"] / floor["GFLOP/s"]
    memory = 1e-9 * row["weight_bytes"] / bandwidth(floor, row["weight_bytes"])
    return 100 * max(compute, memory) / seconds, "FMA" if compute >= memory else "read"


def summary(row, floor):
    """The best peer, Lamina's best way, how many times it is faster, its share of the bound; '' if not measured."""
    peer, way = best(row, peers.ALL), best(row, lamina.WAYS)
    fields = [SHORT[peer] if peer else "", SHORT[way] if way else "", "", ""]
    if peer and way:
        fields[2] = f"{row['engines'][peer]['time'] / row['engines'][way]['time']:.2f}"
    if way and not set(row["engines"]) & set(peers.INT8_PEERS):  # the bounds are those of float32
        percent, bound = share(row, row["engines"][way]["time"], floor)
        fields[3] = f"{percent:.0f} % {bound}"
    return fields


def line(row, floor):
    engines = ", ".join(f"{SHORT[n]} {micros(e['time']) if 'time' in e else e['failure']}"
                        for n, e in row["engines"].items())
    return f"{row['model']} x {row['batch']}: {engines}; best/best {summary(row, floor)[2]}"


def geometric_mean(rows):
    pairs = [(times(r, peers.ALL), times(r, lamina.WAYS)) for r in rows]
    ratios = [math.log(min(p.values()) / min(w.values())) for p, w in pairs if p and w]
    return math.exp(sum(ratios) / len(ratios)) if ratios else None


def cell(engine, fastest):
    if "time" not in engine:
        return "wrong" if "error" in engine else "fails"
    text = micros(engine["time"])
    return f"**{text}**" if engine["time"] == fastest else text


def table(rows, floor, markdown, figure):
    if not rows:
        return ""
    names = list(rows[0]["engines"])
    head = ["model", "batch", *[SHORT[n] for n in names], "best peer", "best Lamina", "times faster", "of the bound"]
    lines = [head]
    for row in rows:
        fastest = min((e["time"] for e in row["engines"].values() if "time" in e), default=None)
        cells = [cell(row["engines"][n], fastest) for n in names]
        lines.append([row["model"], str(row["batch"]), *cells, *summary(row, floor)])
    mean = geometric_mean(rows)
    notes = [f"Microseconds a call, {figure}. The machine: {floor['GFLOP/s']} GFLOP/s; reads GB/s: "
             + ", ".join(f"{k} {v}" for k, v in floor.items() if k != "GFLOP/s")]
    if mean:
        notes.append(f"Geometric mean of best peer / best Lamina: {mean:.2f}")
    if markdown:
        lines.insert(1, ["---"] * len(head))
        return "\n".join(["| " + " | ".join(l) + " |" for l in lines] + [""] + notes)
    widths = [max(len(l[i].replace("*", "")) for l in lines) for i in range(len(head))]
    plain = ["  ".join(c.replace("*", "").rjust(w) for c, w in zip(l, widths)) for l in lines]
    return "\n".join(plain + [""] + notes)
