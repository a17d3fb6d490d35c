#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "knowledge/place_namer.h"
#include "reasoning/chain.h"
#include "reasoning/contradictions.h"

namespace gre {

// What `gre locate` says about one photo: the typed form of the record "gre.locate/1"
// (docs/locate-schema.json).

enum class LocateStatus { kOk, kAbstained, kFailed };

// Where a confidence is from: a cautious estimate from the samples alone, the model's calibration,
// or the user, who named the country (`--within`).
enum class ConfidenceSource { kSamples, kCalibration, kGiven };

struct LocateAnswer {
  LatLng point = {};
  double radius_p50_km = 0;
  double radius_p90_km = 0;
  double confidence = 0;  // probability that the point's country is right
  ConfidenceSource confidence_source = ConfidenceSource::kSamples;
  Place place = {};
};

// A place that other samples named.
struct LocateAlternative {
  LatLng point;
  double share = 0;  // of all samples
  Place place;
  Chain chain;
};

struct LocateTiming {
  double image_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  double total_ms = 0;
};

// What the model read and wrote for a photo.
struct LocateUsage {
  int prompt_tokens = 0;
  int completion_tokens = 0;  // over all samples
  // Why each sample ended, in sample order: "stop", "length", …
  std::vector<std::string> finish_reasons;
};

struct LocateResult {
  std::string file;
  LocateStatus status = LocateStatus::kFailed;
  std::optional<Error> error;                   // of a failed photo
  std::string abstention_reason;                // of an abstention, one sentence
  std::optional<LocateAnswer> answer;           // with --always-answer also beside an abstention
  std::vector<LocateAlternative> alternatives;  // by falling share
  Chain chain;                                  // of the sample that was answered
  std::string chain_text;                       // the raw reply that the chain was read from
  std::vector<Contradiction> contradictions;    // of the chain with the answered point
  std::optional<LatLng> metadata_gps;
  // The area of `--within`, in words; empty without. Radii are not cut at its border.
  std::string within;
  std::string engine_kind;  // "embedded", "local", "remote"
  std::string model;
  std::string adapter;  // empty without one
  std::string prompt_hash;
  int samples = 0;
  std::optional<double> dispersion_km;  // mean geodesic distance between two samples' points
  uint64_t seed = 0;
  LocateTiming timing;
  LocateUsage usage;
};

}  // namespace gre
