#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/fusion/fusion_systems.h"
#include "bench/records.h"
#include "bench/scoring.h"
#include "report/bench_report.h"
#include "report/table.h"

namespace gre {

// What fusing was worth, for people and for programs. Pure, thread-safe.

struct NamedScores {
  std::string name;  // of the system
  const Scores* scores = nullptr;
  size_t added = 0;  // of its records: photos that only other systems have, counted as unanswered
};

struct FusionReport {
  std::vector<NamedScores> singles;
  const Scores* fused = nullptr;
  std::vector<FusionGain> gains;
  size_t folds = 0;
  double place_km = 0;
  size_t places = 0;
  size_t largest_place = 0;
  std::vector<FusionSettings> settings;  // chosen, by fold
};

// All systems and the fused answers side by side, then the gain over the best single one in each
// figure. The notes say how it was made and, for each accuracy, whether fusing beats that system.
std::vector<Table> FusionTables(const FusionReport& report);

// "at 25 km: 66.5 %, 1.1 points above gpt-4.1, the best single system [-2.6, 4.8]: better on these
// photos, but the interval holds 0".
std::string GainSentence(const FusionGain& gain);

// The object "gre.fusion-report/1" that `gre bench fuse --json` prints; `inputs` holds the single
// systems as they were read.
std::string FusionReportJson(const FusionReport& report, const BenchReport& inputs);

// The fused answers as a file that every command reads as predictions: JSON Lines or, with `csv`,
// CSV of id, latitude, longitude, confidence, support, votes, agreeing, chosen (the system whose
// answer was chosen).
std::string FusedFile(std::span<const TruthRecord> truth, std::span<const FusedPhoto> photos,
                      std::span<const std::string> systems, bool csv);

}  // namespace gre
