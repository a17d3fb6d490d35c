#!/usr/bin/env python3
"""Geodesic distances beside geopy.distance.geodesic, same pairs, one run, one thread each.

usage: geodesic_peer.py --bench build/bench/bin/geo_bench [--pairs 20000]

Random points of the sphere, points a few kilometres apart, and antipodes with small errors. The distances must
agree to a millimetre, or nothing is compared. Needs: pip install geopy numpy.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import geopy
import numpy as np
from geopy.distance import geodesic


def make_pairs(count):
    random = np.random.default_rng(1)
    lat = np.degrees(np.arcsin(random.uniform(-1, 1, (count, 2))))
    lon = random.uniform(-180, 180, (count, 2))
    near, opposite = slice(0, count // 3), slice(count // 3, count // 3 + count // 20)
    lat[near, 1] = np.clip(lat[near, 0] + random.normal(0, 0.1, count // 3), -90, 90)
    lon[near, 1] = np.clip(lon[near, 0] + random.normal(0, 0.1, count // 3), -180, 180)
    lat[opposite, 1] = np.clip(-lat[opposite, 0] + random.normal(0, 0.2, count // 20), -90, 90)
    lon[opposite, 1] = np.where(lon[opposite, 0] > 0, lon[opposite, 0] - 180, lon[opposite, 0] + 180)
    return np.stack([lat[:, 0], lon[:, 0], lat[:, 1], lon[:, 1]], axis=1)


def run_ours(bench, pairs, rounds):
    with tempfile.TemporaryDirectory() as folder:
        points, distances = pathlib.Path(folder) / "pairs", pathlib.Path(folder) / "distances"
        points.write_bytes(pairs.tobytes())
        output = subprocess.run([bench, points, distances, str(rounds)], check=True, stdout=subprocess.PIPE, text=True).stdout
        return min(map(float, output.split())), np.frombuffer(distances.read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--pairs", type=int, default=20000)
    args = parser.parse_args()
    pairs = make_pairs(args.pairs)
    points = [((a, b), (c, d)) for a, b, c, d in pairs.tolist()]
    ours, theirs = [], []
    for _ in range(3):
        begin = time.perf_counter()
        expected = [geodesic(a, b).km for a, b in points]
        theirs.append(time.perf_counter() - begin)
        seconds, distances = run_ours(args.bench, pairs, 5)
        ours.append(seconds)
        if not np.allclose(distances, expected, rtol=0, atol=1e-6):
            raise SystemExit("the distances differ: no comparison")
    print(json.dumps({"peer": f"geopy {geopy.__version__}", "pairs": len(points), "gre_us": min(ours) / len(points) * 1e6,
                      "geopy_us": min(theirs) / len(points) * 1e6, "ratio": min(theirs) / min(ours)}))


if __name__ == "__main__":
    main()
