#!/usr/bin/env python3
"""Reads a run's event files with TensorBoard's own reader and compares them with log.jsonl.

    pip install tensorboard setuptools
    tools/reference/check_event_file.py RUN_DIR
"""
import json
import pathlib
import struct
import sys

from tensorboard.backend.event_processing import event_accumulator


def flatten(prefix, value, out):
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, (int, float)):
        out[prefix] = struct.unpack("f", struct.pack("f", value))[0]
    elif isinstance(value, dict):
        for key, member in value.items():
            if prefix or key != "update":
                flatten(f"{prefix}/{key}" if prefix else key, member, out)


def main():
    run = pathlib.Path(sys.argv[1])
    expected = {}
    for line in (run / "log.jsonl").read_text().splitlines():
        line = json.loads(line)
        if "start" in line:
            done = line["start"]["update"]
            expected = {tag: [p for p in points if p[0] <= done] for tag, points in expected.items()}
            continue
        scalars = {}
        flatten("", line, scalars)
        for tag, value in scalars.items():
            expected.setdefault(tag, []).append((line["update"], value))
    reader = event_accumulator.EventAccumulator(str(run), size_guidance={"scalars": 0})
    reader.Reload()
    found = {tag: [(e.step, e.value) for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
    found = {tag: points for tag, points in found.items() if points}
    expected = {tag: points for tag, points in expected.items() if points}
    if found != expected:
        differing = sorted(t for t in found.keys() | expected.keys() if found.get(t) != expected.get(t))
        sys.exit(f"{run}: event files and log.jsonl differ in {', '.join(differing)}")
    print(f"{run}: {len(found)} figures, {sum(map(len, found.values()))} values agree")


main()
