#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/entry_table.h"
#include "dataset/photo_table.h"
#include "dataset/statistics/value_histogram.h"
#include "dataset/teacher/reply_table.h"
#include "reasoning/taxonomy.h"

namespace gre {

// Photos by where they were taken.
struct PlaceDensity {
  static constexpr int kCellDegrees = 2;
  static constexpr int kColumns = 360 / kCellDegrees;
  static constexpr int kRows = 180 / kCellDegrees;
  // [row][column] from 90 S, 180 W: photos whose place is known as a point.
  std::vector<int64_t> cells = std::vector<int64_t>(static_cast<size_t>(kColumns) * kRows);
  std::map<std::string, int64_t> country_only;  // by alpha-2 code: the others
  std::map<std::string, int64_t> countries;     // both

  void Add(const LatLng& point);
};

// How one teacher's replies for one purpose came out.
struct TeacherStatistics {
  static constexpr std::array<double, 5> kThresholdsKm = {1, 25, 200, 750, 2500};
  std::string teacher, purpose;
  int64_t replies = 0, unparsed = 0, refused = 0;
  int64_t with_distance = 0;                           // the truth is a point
  std::array<int64_t, kThresholdsKm.size()> within{};  // of those
  int64_t inside_country = 0, outside_country = 0;     // the truth has a country
  int64_t against_answer = 0, against_truth = 0;       // replies with such a contradiction
  ValueHistogram distance_km = ValueHistogram::Log(0.1, 25000, 8);
  ValueHistogram characters = ValueHistogram::Log(10, 100000, 8);
  ValueHistogram steps = ValueHistogram::Linear(-0.5, 64.5, 65);
  ValueHistogram tokens = ValueHistogram::Log(10, 100000, 8);  // of replies that tell them
};

// What the chains of CoT consist of; of all readable replies where there is no CoT yet.
struct ChainStatistics {
  bool of_replies = false;
  int64_t chains = 0, steps = 0;
  std::map<Family, int64_t> families;        // steps
  std::map<Indicator, int64_t> indicators;   // steps that name one
  std::map<std::string, int64_t> languages;  // chains by their main language; "" unsure
  std::map<std::string, int64_t> scripts;    // chains by their main script
  std::map<std::string, int64_t>
      quoted_scripts;  // chains with words in another script than the main one
  ValueHistogram characters = ValueHistogram::Log(10, 100000, 8);
  ValueHistogram step_counts = ValueHistogram::Linear(-0.5, 64.5, 65);
};

struct EntryCount {
  DataPart part = DataPart::kSeed;
  std::string split, band, reviewed;
  int label = -1;  // 1 True, 0 False, -1 none
  bool hard = false, dropped = false;
  int64_t records = 0;
};

struct DatasetStatistics {
  std::string folder;
  int64_t photos = 0, dropped = 0;
  std::map<std::string, int64_t> presence, sources, licences, kinds;
  int64_t with_point = 0, with_country = 0, without_truth = 0;  // of those not dropped
  int64_t authors = 0;
  PlaceDensity density;  // of those not dropped
  std::vector<PhotoTable::FindingCount> findings;
  int64_t sampled = 0;  // photos of the seed sample
  std::vector<TeacherStatistics> teachers;
  ChainStatistics chains;
  std::vector<EntryCount> entries;
  Spending spending;
  std::map<std::string, std::string> facts;
  std::vector<DatasetRun> runs;
};

// Reads the whole dataset once, page by page: memory does not grow with it. `progress` is told how
// many rows were read and may be empty. kCancelled.
Result<DatasetStatistics> CollectStatistics(const Dataset& dataset,
                                            const CancellationToken& cancellation,
                                            const std::function<void(int64_t)>& progress);

}  // namespace gre
