#include "bench/detectors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include "core/parallel.h"
#include "core/strings.h"
#include "geo/geodesic.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr double kDegreesPerRadian = 180 / std::numbers::pi;

std::optional<LatLng> Exchange(const LatLng& at) {
  return LatLng::FromDegrees(at.longitude_deg, at.latitude_deg);
}
std::optional<LatLng> FlipLatitude(const LatLng& at) {
  return LatLng{-at.latitude_deg, at.longitude_deg};
}
std::optional<LatLng> FlipLongitude(const LatLng& at) {
  return LatLng{at.latitude_deg, -at.longitude_deg};
}
std::optional<LatLng> FlipBoth(const LatLng& at) {
  return LatLng{-at.latitude_deg, -at.longitude_deg};
}
std::optional<LatLng> FromRadians(const LatLng& at) {
  return LatLng::FromDegrees(at.latitude_deg * kDegreesPerRadian,
                             at.longitude_deg * kDegreesPerRadian);
}
std::optional<LatLng> FromExchangedRadians(const LatLng& at) {
  return LatLng::FromDegrees(at.longitude_deg * kDegreesPerRadian,
                             at.latitude_deg * kDegreesPerRadian);
}

// Another way in which the written numbers can be meant.
struct Reading {
  std::string_view kind;
  std::string_view what;
  std::optional<LatLng> (*read)(const LatLng&);
  bool all_values;  // only when every answer can be read so
};

constexpr Reading kReadings[] = {
    {"swapped", "latitude and longitude look exchanged", Exchange, false},
    {"sign_flipped", "the sign of the latitude looks turned", FlipLatitude, false},
    {"sign_flipped", "the sign of the longitude looks turned", FlipLongitude, false},
    {"sign_flipped", "the signs of latitude and longitude look turned", FlipBoth, false},
    {"radians", "the numbers look like radians", FromRadians, true},
    {"radians", "the numbers look like radians, longitude first", FromExchangedRadians, true},
};

struct Answer {
  LatLng point;
  LatLng truth;
};

// The answers that readings are tried on.
struct ReadingSample {
  std::vector<Answer> far;       // all beyond far_km as written
  std::vector<Answer> typical;   // evenly spaced ones, for the median
  double typical_median_km = 0;  // as written
};

struct ReadingCounts {
  size_t better = 0;  // far as written, near in this reading
  double median_km = std::numeric_limits<double>::infinity();
};

// Distances of the answers in a reading; NaN where they cannot be read so. Runs on all processors.
std::vector<double> DistancesKm(std::span<const Answer> answers,
                                std::optional<LatLng> (*read)(const LatLng&)) {
  std::vector<double> distances_km(answers.size(), std::nan(""));
  ParallelFor(answers.size(), {.min_items = 5000}, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (const auto point = read(answers[i].point)) {
        distances_km[i] = HaversineDistanceKm(*point, answers[i].truth);
      }
    }
  });
  return distances_km;
}

ReadingCounts Measure(const Reading& reading, const ReadingSample& sample,
                      const DetectorOptions& options) {
  ReadingCounts counts;
  counts.better = static_cast<size_t>(
      std::ranges::count_if(DistancesKm(sample.far, reading.read),
                            [&](double distance_km) { return distance_km < options.near_km; }));
  std::vector<double> typical_km = DistancesKm(sample.typical, reading.read);
  std::erase_if(typical_km, [](double distance_km) { return std::isnan(distance_km); });
  if (2 * typical_km.size() >= sample.typical.size() && !typical_km.empty()) {
    counts.median_km = Median(typical_km);
  }
  return counts;
}

ReadingSample MakeSample(std::span<const Answer> answers, const DetectorOptions& options) {
  constexpr size_t kTypical = 50000;
  ReadingSample sample;
  const std::vector<double> written_km =
      DistancesKm(answers, [](const LatLng& at) { return std::optional(at); });
  std::vector<double> typical_km;
  const size_t step = std::max<size_t>(1, answers.size() / kTypical);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (written_km[i] > options.far_km) sample.far.push_back(answers[i]);
    if (i % step != 0) continue;
    sample.typical.push_back(answers[i]);
    typical_km.push_back(written_km[i]);
  }
  sample.typical_median_km = Median(typical_km);
  return sample;
}

// Whether `count` is above a share of `of` and at least `floor`.
bool Above(size_t count, double share, size_t of, size_t floor) {
  return count >= floor && static_cast<double>(count) > share * static_cast<double>(of);
}

std::string Km(double km) { return FormatFixed(km, km < 100 ? 1 : 0) + " km"; }

std::string Of(size_t count, size_t all) {
  return std::to_string(count) + " of " + std::to_string(all);
}

// At most one warning: the reading that explains most answers.
void DetectReadings(std::span<const Answer> answers, size_t impossible,
                    const DetectorOptions& options, std::vector<BenchWarning>& warnings) {
  const size_t all = answers.size() + impossible;
  if (all < options.min_answers) return;
  const ReadingSample sample = MakeSample(answers, options);
  struct Finding {
    const Reading* reading;
    ReadingCounts counts;
    bool shrinks;
  };
  std::optional<Finding> best;
  constexpr size_t kFewest = 3;
  for (const Reading& reading : kReadings) {
    if (reading.all_values && !std::ranges::all_of(answers, [&](const Answer& answer) {
          return reading.read(answer.point).has_value();
        })) {
      continue;
    }
    ReadingCounts counts = Measure(reading, sample, options);
    if (reading.read == Exchange) counts.better += impossible;
    const bool shrinks = answers.size() >= options.min_answers &&
                         counts.median_km < options.max_median_ratio * sample.typical_median_km;
    if (!shrinks && !Above(counts.better, options.min_reading_share, all, kFewest)) continue;
    if (!best ||
        std::pair(shrinks, counts.better) > std::pair(best->shrinks, best->counts.better)) {
      best = Finding{&reading, counts, shrinks};
    }
  }
  if (!best) return;
  std::string message(best->reading->what);
  message += ": read so, " + Of(best->counts.better, all) + " answers come from beyond " +
             Km(options.far_km) + " to within " + Km(options.near_km) + " of the truth";
  if (best->reading->read == Exchange && impossible > 0) {
    message += " or from impossible to possible values (" + std::to_string(impossible) + ")";
  }
  if (best->shrinks) {
    message += "; the median distance falls from " + Km(sample.typical_median_km) + " to " +
               Km(best->counts.median_km);
  }
  message += ". Nothing was changed.";
  warnings.push_back({std::string(best->reading->kind), best->counts.better, std::move(message)});
}

struct Repeats {
  LatLng point;      // the most frequent one; of several the southernmost, then westernmost
  size_t count = 0;  // of it; 0 for no points
  size_t distinct = 0;
};

Repeats CountRepeats(std::vector<LatLng> points) {
  const auto order = [](const LatLng& at) { return std::pair(at.latitude_deg, at.longitude_deg); };
  std::ranges::sort(points, {}, order);
  Repeats repeats;
  for (size_t begin = 0; begin < points.size();) {
    size_t end = begin + 1;
    while (end < points.size() && points[end] == points[begin]) ++end;
    ++repeats.distinct;
    if (end - begin > repeats.count) {
      repeats.count = end - begin;
      repeats.point = points[begin];
    }
    begin = end;
  }
  return repeats;
}

std::string Degrees(const LatLng& at) {
  return FormatShortest(at.latitude_deg) + ", " + FormatShortest(at.longitude_deg);
}

void DetectRepetition(std::span<const LatLng> points, std::span<const LatLng> truths,
                      const DetectorOptions& options, std::vector<BenchWarning>& warnings) {
  size_t rounded = 0;
  size_t zero = 0;
  for (const LatLng& point : points) {
    const bool is_zero = point == LatLng{0, 0};
    zero += is_zero ? 1 : 0;
    rounded += !is_zero && point.latitude_deg == std::round(point.latitude_deg) &&
                       point.longitude_deg == std::round(point.longitude_deg)
                   ? 1
                   : 0;
  }
  const size_t all = points.size();
  const Repeats repeats = CountRepeats({points.begin(), points.end()});
  const auto in_truth = [&] {
    return static_cast<double>(CountRepeats({truths.begin(), truths.end()}).count) /
           static_cast<double>(std::max<size_t>(1, truths.size()));
  };
  if (Above(repeats.count, options.max_identical_share, all, options.min_answers) &&
      Above(repeats.count, 2 * in_truth(), all, options.min_answers)) {
    warnings.push_back({"identical", repeats.count,
                        Of(repeats.count, all) + " answers are the same point, " +
                            Degrees(repeats.point) + " (" + std::to_string(repeats.distinct) +
                            " different points in all)"});
  }
  if (Above(rounded, options.max_rounded_share, all, options.min_answers)) {
    warnings.push_back({"rounded", rounded,
                        Of(rounded, all) +
                            " answers are whole degrees: regions rather than places, or rounded "
                            "when they were saved"});
  }
  constexpr size_t kFewest = 3;
  if (Above(zero, options.max_placeholder_share, all, kFewest)) {
    warnings.push_back({"placeholder", zero,
                        Of(zero, all) +
                            " answers are exactly 0, 0: most likely a placeholder, scored as the "
                            "place in the Atlantic that it is"});
  }
}

void DetectCountryPoints(std::span<const LatLng> points, const DetectorOptions& options,
                         std::vector<BenchWarning>& warnings) {
  const size_t looked_at = std::min(points.size(), options.max_country_lookups);
  const auto chosen = [&](size_t i) { return points[i * points.size() / looked_at]; };
  std::vector<std::string> codes(looked_at);  // empty on the sea
  ParallelFor(looked_at, {.min_items = 200}, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (auto land = LandAreaAt(chosen(i))) codes[i] = std::move(land->country_code);
    }
  });
  std::map<std::string, std::vector<LatLng>> by_country;
  for (size_t i = 0; i < looked_at; ++i) {
    if (!codes[i].empty()) by_country[codes[i]].push_back(chosen(i));
  }
  const std::string sampled =
      looked_at < points.size() ? " (" + std::to_string(looked_at) + " answers looked at)" : "";
  size_t countries = 0;
  size_t answers = 0;
  size_t on_point = 0;
  size_t in_large = 0;
  size_t central = 0;
  std::string example;
  for (const auto& [code, answered] : by_country) {
    if (answered.size() >= options.min_country_answers) {
      const auto [point, count, distinct] = CountRepeats(answered);
      ++countries;
      answers += answered.size();
      on_point += count;
      const Country* country = FindCountry(code);
      if (example.empty() && count > 1) {
        example = Degrees(point) + " for " + (country == nullptr ? code : country->name);
      }
    }
    const auto extent = ExtentOfCountry(code);
    if (!extent || extent->area_km2 < options.centroid_area_km2) continue;
    in_large += answered.size();
    for (const LatLng& point : answered) {
      central += GeodesicDistanceKm(point, extent->centroid) <= options.centroid_km ? 1 : 0;
    }
  }
  if (countries >= 2 &&
      Above(on_point, options.max_country_point_share, answers, options.min_answers)) {
    warnings.push_back({"country_points", on_point,
                        "in " + std::to_string(countries) + " countries " + Of(on_point, answers) +
                            " answers are one point a country (" + example +
                            "): names of countries turned into points" + sampled});
  }
  if (Above(central, options.max_centroid_share, in_large, options.min_answers)) {
    warnings.push_back({"centroid", central,
                        Of(central, in_large) + " answers in large countries lie within " +
                            Km(options.centroid_km) +
                            " of the country's middle: names of countries turned into points" +
                            sampled});
  }
}

}  // namespace

std::vector<BenchWarning> DetectProblems(std::span<const TruthRecord> truth,
                                         std::span<const Prediction> predictions,
                                         const Matching& matching, const DetectorOptions& options) {
  std::vector<Answer> answers;
  std::vector<LatLng> points;
  std::vector<LatLng> truths;
  size_t impossible = 0;
  for (const Matching::Pair& pair : matching.pairs) {
    const Prediction& prediction = predictions[pair.prediction];
    const auto& true_point = truth[pair.truth].point;
    if (true_point) truths.push_back(*true_point);
    impossible += prediction.swap_suspected ? 1 : 0;
    if (!prediction.point) continue;
    points.push_back(*prediction.point);
    if (true_point) answers.push_back({*prediction.point, *true_point});
  }
  std::vector<BenchWarning> warnings;
  DetectReadings(answers, impossible, options, warnings);
  if (points.size() >= options.min_answers) {
    DetectRepetition(points, truths, options, warnings);
    DetectCountryPoints(points, options, warnings);
  }
  for (BenchWarning& warning : DetectLeakage(truth, predictions, matching, options.leakage)) {
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace gre
