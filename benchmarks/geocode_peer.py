#!/usr/bin/env python3
"""Batch reverse geocoding beside the Python package reverse_geocoder, same table, same points, one run.

usage: geocode_peer.py --bench build/bench/bin/knowledge_bench --geodata FOLDER [--points 1000000]

Points around towns (0.2 degrees of scatter) and points anywhere on the sphere. The peer compares plain degrees, so
its answers must equal those of gre's metric "degrees"; a difference is allowed only where two places are equally far
or the peer's place has no name (gre leaves those out). With gre's own metric, the sphere, every difference must be a
place that is really nearer. Otherwise nothing is compared. The peer runs in both of its modes (1: one process, 2: one
process a core); both sides are warm. Needs: pip install reverse_geocoder numpy scipy.
"""
import argparse
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import time

import numpy as np


def peer_main(mode, points_file, answers_file, rounds):
    """In a process of its own, since the package keeps one tree for one mode."""
    import reverse_geocoder
    points = [tuple(point) for point in np.fromfile(points_file).reshape(-1, 2).tolist()]
    begin = time.perf_counter()
    reverse_geocoder.search(points[:1], mode=mode, verbose=False)
    first, seconds = time.perf_counter() - begin, []
    for _ in range(rounds):
        begin = time.perf_counter()
        found = reverse_geocoder.search(points, mode=mode, verbose=False)
        seconds.append(time.perf_counter() - begin)
    rows = reverse_geocoder.RGeocoder(mode=mode, verbose=False).locations
    number = {id(row): i for i, row in enumerate(rows)}
    pickle.dump((first, min(seconds), [number[id(row)] for row in found], [dict(row) for row in rows]), open(answers_file, "wb"))


class Run:
    def __init__(self, args, folder, points):
        self.args, self.folder, self.points = args, pathlib.Path(folder), points
        self.points_file = self.folder / "points"
        self.points_file.write_bytes(points.tobytes())

    def peer(self, mode, rounds):
        answers = self.folder / "answers"
        subprocess.run([sys.executable, __file__, "--peer-mode", str(mode), "--peer-rounds", str(rounds), self.points_file,
                        answers], check=True)
        first, seconds, found, rows = pickle.load(open(answers, "rb"))
        return first, seconds, np.array(found), rows

    def ours(self, metric, rounds):
        answers = self.folder / "places"
        output = subprocess.run([self.args.bench, self.args.geodata, self.points_file, answers, metric, str(rounds)],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
        opened, *seconds = map(float, output.split())
        return opened, min(seconds), np.fromfile(answers, dtype=np.uint32)


def haversine_km(a, b):
    lat_a, lon_a, lat_b, lon_b = (np.radians(v) for v in (a[:, 0], a[:, 1], b[:, 0], b[:, 1]))
    h = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371 * np.arcsin(np.minimum(1, np.sqrt(h)))


def compare(points, ours, theirs, rows, metric):
    """What became of every point, or an error."""
    named = np.array([i for i, row in enumerate(rows) if row["name"]])
    place = np.array([(float(row["lat"]), float(row["lon"])) for row in rows])
    nameless = np.array([not row["name"] for row in rows])
    mine, other = named[ours], theirs
    same = mine == other
    without_name = ~same & nameless[other]
    if metric == "degrees":
        far_mine, far_other = (((points - place[at]) ** 2).sum(axis=1) for at in (mine, other))
        equal = ~same & ~without_name & np.isclose(far_mine, far_other, rtol=1e-12, atol=0)
        nearer = np.zeros_like(same)
    else:
        far_mine, far_other = (haversine_km(points, place[at]) for at in (mine, other))
        equal = ~same & ~without_name & (np.abs(far_mine - far_other) <= 1e-6)
        nearer = ~same & ~without_name & (far_mine < far_other - 1e-6)
    wrong = ~(same | without_name | equal | nearer)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise SystemExit(f"{points[at]} is near {rows[mine[at]]} or {rows[other[at]]}: no comparison")
    return {"same": int(same.sum()), "equally_far": int(equal.sum()), "peer_has_no_name": int(without_name.sum()),
            "gre_is_nearer": int(nearer.sum())}


def point_sets(geodata, count):
    import csv
    random = np.random.default_rng(1)
    with open(geodata / "places.csv", newline="", encoding="utf-8") as file:
        towns = np.array([(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)])
    around = towns[random.integers(len(towns), size=count)] + random.normal(0, 0.2, (count, 2))
    anywhere = np.stack([np.degrees(np.arcsin(random.uniform(-1, 1, count))), random.uniform(-180, 180, count)], axis=1)
    return {"around towns": np.clip(around, (-90, -180), (90, 180)), "anywhere": anywhere}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench")
    parser.add_argument("--geodata", type=pathlib.Path)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--peer-mode", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--peer-rounds", type=int, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer_mode:
        peer_main(args.peer_mode, *args.files, args.peer_rounds)
        return
    for name, all_points in point_sets(args.geodata, args.points).items():
        for count in sorted({min(10_000, args.points), args.points}):
            with tempfile.TemporaryDirectory() as folder:
                run = Run(args, folder, np.ascontiguousarray(all_points[:count]))
                run.ours("degrees", 1)  # builds the index where there is none
                rounds = 3 if count > 10_000 else 10
                for mode in (1, 2):
                    first, seconds, theirs, rows = run.peer(mode, rounds)
                    for metric in ("degrees", "sphere"):
                        opened, ours_seconds, ours = run.ours(metric, 2 * rounds)
                        print(json.dumps({
                            "points": name, "count": count, "peer_mode": mode, "metric": metric,
                            "gre_ns": ours_seconds / count * 1e9, "peer_ns": seconds / count * 1e9,
                            "ratio": seconds / ours_seconds, "gre_open_ms": opened * 1e3, "peer_open_ms": first * 1e3,
                            **compare(run.points, ours, theirs, rows, metric)}), flush=True)


if __name__ == "__main__":
    main()
