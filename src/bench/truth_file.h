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

// Reads a truth file or benchmark: CSV, TSV, JSON or JSON Lines (dataset/record_file.h). Optional
// fields: country or country_code (code or English name), precision_km, image, category,
// environment, indicator, continent, labels (an object of further ones), indicators, captions,
// key_steps (arrays of texts), indicator_weights (numbers, one an indicator).
//
// Strict, since everything is measured against it: a missing or repeated id, a coordinate that is
// no number or out of range, half a pair, an unknown country are kInvalidInput with file, line and
// field. A record with neither point nor country is one too.
Result<std::vector<TruthRecord>> ReadTruth(const std::string& path, const TruthFields& fields = {},
                                           const CancellationToken& cancellation = {});

}  // namespace gre
