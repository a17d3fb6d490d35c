#include "dataset/parts/judge_set.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/strings.h"
#include "dataset/entry_table.h"
#include "dataset/parts/photo_splits.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_reading.h"
#include "dataset/teacher/reply_table.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

constexpr size_t kPage = 1000;

// An answer that may become an entry: small, since there is one for every reply.
struct Candidate {
  uint64_t order = 0;
  int64_t photo = 0, reply = 0;
  std::string_view band, region;  // of fixed tables
  bool label = false, hard = false;
};

std::string_view RegionOf(const std::string& country_code) {
  const Country* const country = FindCountry(country_code);
  return country == nullptr ? std::string_view("no country") : std::string_view(country->continent);
}

// In turn from every kind (band and region) until `wanted` are there; within a kind in their order.
std::vector<Candidate> TakeInTurn(std::vector<Candidate> candidates, int64_t wanted) {
  std::ranges::sort(candidates, {}, [](const Candidate& candidate) {
    return std::tuple(candidate.order, candidate.reply);
  });
  using Kind = std::pair<std::string_view, std::string_view>;
  std::map<Kind, size_t> seen;
  // the n-th of its kind comes in round n
  std::vector<std::pair<size_t, size_t>> rounds;
  rounds.reserve(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    rounds.emplace_back(seen[{candidates[i].band, candidates[i].region}]++, i);
  }
  std::ranges::sort(rounds);
  if (std::cmp_less(wanted, rounds.size())) rounds.resize(static_cast<size_t>(wanted));
  std::vector<Candidate> taken;
  taken.reserve(rounds.size());
  for (const auto& [round, index] : rounds) taken.push_back(candidates[index]);
  return taken;
}

class JudgeSet {
 public:
  JudgeSet(Dataset& dataset, const JudgeOptions& options, PhotoSplits splits,
           const CancellationToken& cancellation)
      : options_(options),
        dataset_(dataset),
        photos_(dataset.database()),
        replies_(dataset.database()),
        entries_(dataset.database()),
        splits_(splits),
        cancellation_(cancellation) {}

  Result<JudgeSummary> Run() {
    const Status made = dataset_.database().InTransaction([this]() -> Status {
      GRE_RETURN_IF_ERROR(dataset_.database().Lock("parts"));
      GRE_RETURN_IF_ERROR(Collect());
      Choose();
      return Write();
    });
    if (!made.ok()) return made.error();
    return std::move(summary_);
  }

 private:
  Status Collect() {
    for (int64_t after = 0;;) {
      if (cancellation_.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
      GRE_ASSIGN_OR_RETURN(const std::vector<int64_t> page,
                           entries_.PhotosOf(DataPart::kJudge, after, kPage));
      if (page.empty()) return {};
      after = page.back();
      for (const int64_t number : page) GRE_RETURN_IF_ERROR(CollectOf(number));
    }
  }

  Status CollectOf(int64_t number) {
    ++summary_.photos;
    GRE_ASSIGN_OR_RETURN(const std::optional<Photo> photo, photos_.Get(number));
    GRE_ASSIGN_OR_RETURN(const std::vector<Reply> replies, replies_.OfPhoto(number));
    std::array<std::vector<Candidate>, 2> of_label;
    for (const Reply& reply : replies) {
      if (photo->point && !options_.judge_theta_km) {
        return Error{ErrorCode::kInvalidArgument,
                     "--judge-theta-km: expected the distance in km up to which an answer is "
                     "labelled True (GRE's own is unpublished, there is no default), found none"};
      }
      const std::optional<bool> right = IsRight(*photo, reply, options_.judge_theta_km.value_or(0));
      if (!right) {
        ++summary_.unread;
        continue;
      }
      ++summary_.candidates;
      of_label[*right ? 1 : 0].push_back(MakeCandidate(*photo, reply, *right));
    }
    for (std::vector<Candidate>& candidates : of_label) {
      std::ranges::sort(candidates, {}, &Candidate::order);
      if (std::cmp_less(options_.per_photo, candidates.size())) {
        candidates.resize(static_cast<size_t>(options_.per_photo));
      }
      candidates_.insert(candidates_.end(), candidates.begin(), candidates.end());
    }
    return {};
  }

  [[nodiscard]] Candidate MakeCandidate(const Photo& photo, const Reply& reply, bool label) const {
    Candidate candidate;
    candidate.order =
        HashSeed(HashSeed(options_.seed, photo.id),
                 Concat({reply.purpose, "\n", reply.teacher, "\n", std::to_string(reply.sample)}));
    candidate.photo = photo.number;
    candidate.reply = reply.number;
    candidate.label = label;
    candidate.region = RegionOf(photo.country_code);
    if (reply.deviation_km) {
      candidate.band = DistanceBand(*reply.deviation_km);
      const double ratio = *reply.deviation_km / *options_.judge_theta_km;
      candidate.hard = ratio >= 1 / options_.hard_factor && ratio <= options_.hard_factor;
    } else {
      const double distance_km = label ? 0 : DistanceToCountryKm(photo.country_code, *reply.point);
      candidate.band = label ? "in the country" : CountryBand(distance_km);
      candidate.hard = !label && distance_km <= options_.hard_border_km;
    }
    return candidate;
  }

  void Choose() {
    std::array<std::vector<Candidate>, 2> of_label;
    for (const Candidate& candidate : candidates_) {
      of_label[candidate.label ? 1 : 0].push_back(candidate);
    }
    const auto all = static_cast<int64_t>(candidates_.size());
    std::array<int64_t, 2> wanted = {all, all};
    const int64_t most = std::min(options_.entries.value_or(all), all);
    if (options_.true_share) {
      // the largest set of this share that both labels can fill
      const double share = *options_.true_share;
      const auto available = [&](size_t label) {
        return static_cast<double>(of_label[label].size());
      };
      double total = static_cast<double>(most);
      if (share > 0) total = std::min(total, available(1) / share);
      if (share < 1) total = std::min(total, available(0) / (1 - share));
      wanted[1] = std::llround(std::floor(total) * share);
      wanted[0] = static_cast<int64_t>(std::floor(total)) - wanted[1];
    }
    candidates_.clear();
    for (size_t label = 0; label < 2; ++label) {
      const std::vector<Candidate> taken = TakeInTurn(std::move(of_label[label]), wanted[label]);
      candidates_.insert(candidates_.end(), taken.begin(), taken.end());
    }
    if (!options_.true_share) candidates_ = TakeInTurn(std::move(candidates_), most);
    std::ranges::sort(candidates_, {}, [](const Candidate& candidate) {
      return std::pair(candidate.photo, candidate.reply);
    });
  }

  Status Write() {
    Status replaced =
        entries_.Replace(DataPart::kJudge, [this](const EntryTable::AddEntry& add) -> Status {
          for (const Candidate& candidate : candidates_) {
            if (Status status = WriteEntry(candidate, add); !status.ok()) return status;
          }
          return {};
        });
    if (!replaced.ok() || !options_.judge_theta_km) return replaced;
    return dataset_.SetFact("theta.judge_km", FormatShortest(*options_.judge_theta_km));
  }

  Status WriteEntry(const Candidate& candidate, const EntryTable::AddEntry& add) {
    GRE_ASSIGN_OR_RETURN(const std::optional<Photo> photo, photos_.Get(candidate.photo));
    GRE_ASSIGN_OR_RETURN(const std::optional<Reply> reply, replies_.Get(candidate.reply));
    GRE_ASSIGN_OR_RETURN(const std::optional<std::string> split, splits_.SplitOf(*photo));
    DataEntry entry;
    entry.part = DataPart::kJudge;
    entry.photo = candidate.photo;
    entry.reply = candidate.reply;
    entry.label = candidate.label;
    entry.deviation_km = reply->deviation_km;
    entry.band = std::string(candidate.band);
    entry.hard = candidate.hard;
    entry.split = split.value_or("train");
    ++summary_.entries;
    summary_.labelled_true += candidate.label ? 1 : 0;
    summary_.hard += candidate.hard ? 1 : 0;
    ++summary_.by_band[entry.band][candidate.label ? 1 : 0];
    ++summary_.by_region[std::string(candidate.region)][candidate.label ? 1 : 0];
    return add(entry);
  }

  const JudgeOptions& options_;
  Dataset& dataset_;
  PhotoTable photos_;
  ReplyTable replies_;
  EntryTable entries_;
  PhotoSplits splits_;
  const CancellationToken& cancellation_;
  std::vector<Candidate> candidates_;
  JudgeSummary summary_;
};

}  // namespace

std::string_view DistanceBand(double deviation_km) {
  constexpr std::array<std::pair<double, std::string_view>, 5> kBands = {
      {{1, "under 1 km"},
       {25, "1 to 25 km"},
       {200, "25 to 200 km"},
       {750, "200 to 750 km"},
       {2500, "750 to 2500 km"}}};
  for (const auto& [end_km, name] : kBands) {
    if (deviation_km < end_km) return name;
  }
  return "over 2500 km";
}

std::string_view CountryBand(double distance_to_country_km) {
  if (distance_to_country_km < 750) return "under 750 km from the country";
  return distance_to_country_km < 2500 ? "750 to 2500 km from the country"
                                       : "over 2500 km from the country";
}

Result<JudgeSummary> MakeJudgeSet(Dataset& dataset, const JudgeOptions& options,
                                  const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const PhotoSplits splits, PhotoSplits::Read(dataset.database()));
  return JudgeSet(dataset, options, splits, cancellation).Run();
}

}  // namespace gre
