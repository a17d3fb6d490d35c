#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "training/photo_records.h"

namespace gre {

// Records from a folder of photos with tables: `splits.csv` (file, split, kind) and, in each
// sub-folder that it names, `labels.csv` (file, …, country, lat, lon, precision, …). Country names
// become codes through the country table; a missing country is looked up from the point; a point
// that is only a country's centroid is dropped. Errors name the file and the row.
Result<std::vector<PhotoRecord>> ReadPhotoFolder(const std::string& root);

}  // namespace gre
