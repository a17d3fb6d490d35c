#pragma once

#include <span>
#include <string>

#include "localizer/locate_result.h"

namespace gre {

// Whole files for map programs and spreadsheets. Pure functions; the same results give the same
// bytes. Text from models and file names is escaped for the format.

// RFC 7946 FeatureCollection, positions as [longitude, latitude] with 6 decimals. Each photo is one
// feature of kind "photo": the answer's point, or a null geometry where there is none. Further
// features: the 90 % and 50 % discs ("radius_90", "radius_50": 64-point polygons, split at the
// antimeridian), "alternative" points, the "metadata_gps" point. Colours follow simplestyle.
std::string FormatGeoJson(std::span<const LocateResult> results);

// OGC KML 2.2: one folder a photo with placemarks for the answer, its 90 % disc, the alternatives
// and the metadata position.
std::string FormatKml(std::span<const LocateResult> results);

// RFC 4180 with a header line, one row a photo, decimal points, '\n' line ends. Cells that a
// spreadsheet would run as formulas are defused (EscapeCsvCell).
std::string FormatCsv(std::span<const LocateResult> results);

}  // namespace gre
