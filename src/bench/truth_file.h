#pragma once

#include <string>
#include <vector>

#include "bench/records.h"
#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// Which fields of a truth file hold what; an empty name is searched for by its usual spellings
// (id, image_id, file …; latitude, lat, gt_lat …; longitude, lon, lng, gt_lon …). Names that are
// given must exist.
struct TruthFields {
  std::string id = {};
  std::string latitude = {};
  std::string longitude = {};
};

struct TruthFile {
  std::vector<TruthRecord> records;
  std::vector<std::string> remarks;  // one line each; what was not used
};

// Reads a truth file or benchmark: CSV, TSV, JSON or JSON Lines (dataset/record_file.h). Optional
// fields: country or country_code (code or English name), precision_km, image, category,
// environment, indicator, continent; in JSON also image_sha256 (a text), labels (an object of
// further ones, texts), indicators, captions, key_steps (a text or an array of texts),
// indicator_weights (numbers, one an indicator).
//
// Strict, since everything is measured against it: a missing or repeated id, a coordinate that is
// no number or out of range, half a pair, an unknown country of a record without coordinates, an
// annotation of another JSON type (null is none) are kInvalidInput with file, line and field. A
// record with neither point nor country is one too. An unknown country beside coordinates is not
// used and counted in a remark: the country is then that of the point.
Result<TruthFile> ReadTruth(const std::string& path, const TruthFields& fields = {},
                            const CancellationToken& cancellation = {});

}  // namespace gre
