#include "dataset/seed/dataset_seed.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/random.h"
#include "dataset/photo_table.h"
#include "dataset/seed/seed_table.h"
#include "geo/s2_cell.h"

namespace gre {
namespace {

constexpr size_t kPage = 10'000;

class DatasetSeeder {
 public:
  DatasetSeeder(Dataset& dataset, const SeedOptions& options, bool present_only,
                const std::function<void(int64_t, int64_t)>& report,
                const CancellationToken& cancellation)
      : dataset_(dataset),
        options_(options),
        present_only_(present_only),
        report_(report),
        cancellation_(cancellation),
        table_(dataset.database()) {}

  Result<SeedSummary> Run(std::span<const PopulatedPlace> places) {
    GRE_ASSIGN_OR_RETURN(total_, PhotoTable(dataset_.database()).Count(PhotoTable::Which::kAll));
    GRE_RETURN_IF_ERROR(ReadCandidates());
    DropDuplicates();
    summary_.candidates = static_cast<int64_t>(candidates_.size());
    const SeedSample sample = DrawSeed(candidates_, options_, places);
    if (cancellation_.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    GRE_RETURN_IF_ERROR(dataset_.database().InTransaction([&] { return Write(sample); }));
    Summarize(sample);
    return std::move(summary_);
  }

 private:
  Status ReadCandidates() {
    for (int64_t after = 0;;) {
      if (cancellation_.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
      GRE_ASSIGN_OR_RETURN(const std::vector<SeedRow> rows, table_.Photos(after, kPage));
      if (rows.empty()) return {};
      for (const SeedRow& row : rows) AddCandidate(row);
      summary_.photos += static_cast<int64_t>(rows.size());
      after = rows.back().number;
      report_(after, total_);
    }
  }

  void AddCandidate(const SeedRow& row) {
    if (present_only_ && !row.present) {
      ++summary_.without_picture;
      return;
    }
    SeedCandidate candidate;
    if (row.country_code.size() == 2)
      candidate.country = {row.country_code[0], row.country_code[1]};
    if (!row.point && candidate.country_code().empty()) {
      ++summary_.without_truth;
      return;
    }
    candidate.number = row.number;
    candidate.key = HashSeed(options_.seed, row.id);
    candidate.point = row.point;
    candidate.source_split = ParseSeedSplit(row.source_split);
    candidates_.push_back(candidate);
    groups_.push_back(row.duplicate_group);
  }

  // One of each group of duplicates: the one of the least key.
  void DropDuplicates() {
    std::vector<uint32_t> order(candidates_.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [this](uint32_t a, uint32_t b) {
      return groups_[a] != groups_[b] ? groups_[a] < groups_[b]
                                      : candidates_[a].key < candidates_[b].key;
    });
    std::vector<bool> is_further(candidates_.size());
    for (size_t i = 1; i < order.size(); ++i) {
      is_further[order[i]] = groups_[order[i]] == groups_[order[i - 1]];
    }
    size_t kept = 0;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (!is_further[i]) candidates_[kept++] = candidates_[i];
    }
    summary_.duplicates = static_cast<int64_t>(candidates_.size() - kept);
    candidates_.resize(kept);
    groups_ = {};
  }

  [[nodiscard]] std::string CellOf(const SeedPhoto& photo) const {
    return photo.cell != 0 ? S2Token(photo.cell)
                           : std::string(candidates_[photo.candidate].country_code());
  }

  Status Write(const SeedSample& sample) {
    GRE_RETURN_IF_ERROR(table_.Clear());
    for (const SeedPhoto& photo : sample.photos) {
      GRE_RETURN_IF_ERROR(table_.Add(candidates_[photo.candidate].number, CellOf(photo),
                                     std::string(SeedSplitName(photo.split))));
    }
    return {};
  }

  void Summarize(const SeedSample& sample) {
    summary_.over_country_cap = sample.over_country_cap;
    summary_.near_other_split = sample.near_other_split;
    summary_.without_split = sample.without_split;
    summary_.split_level = sample.split_level;
    std::unordered_set<std::string> cells;
    for (const SeedPhoto& photo : sample.photos) {
      cells.insert(CellOf(photo));
      const std::string country(candidates_[photo.candidate].country_code());
      for (SeedCounts* counts : {&summary_.sample, &summary_.countries[country]}) {
        counts->train += photo.split == SeedSplit::kTrain ? 1 : 0;
        counts->dev += photo.split == SeedSplit::kDev ? 1 : 0;
        counts->test += photo.split == SeedSplit::kTest ? 1 : 0;
      }
    }
    summary_.cells = static_cast<int64_t>(cells.size());
  }

  Dataset& dataset_;
  const SeedOptions& options_;
  bool present_only_;
  const std::function<void(int64_t, int64_t)>& report_;
  const CancellationToken& cancellation_;
  SeedTable table_;
  int64_t total_ = 0;
  std::vector<SeedCandidate> candidates_;
  std::vector<int64_t> groups_;  // of the candidates
  SeedSummary summary_;
};

}  // namespace

Result<SeedSummary> SeedDataset(Dataset& dataset, const SeedOptions& options, bool present_only,
                                std::span<const PopulatedPlace> places,
                                const std::function<void(int64_t done, int64_t total)>& report,
                                const CancellationToken& cancellation) {
  return DatasetSeeder(dataset, options, present_only, report, cancellation).Run(places);
}

}  // namespace gre
