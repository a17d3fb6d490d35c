#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/photo_records.h"

namespace gre {

// Records from a folder of photos with tables: `splits.csv` (file, split, kind) and, in each
// sub-folder that it names, `labels.csv` (file, country, lat, lon, precision and, where it is
// there, source). Country names become codes through the country table; a missing country is looked
// up from the point; a point that stands for a whole area ("centroid" in precision) is dropped.
// Strict: a photo that is listed twice or has no label, an unknown name and half a point are
// errors, which name file, line, column, what was expected and what was found.
Result<std::vector<PhotoRecord>> ReadPhotoFolder(const std::string& root);

}  // namespace gre
