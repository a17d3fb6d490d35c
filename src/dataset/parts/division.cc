#include "dataset/parts/division.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/strings.h"
#include "dataset/entry_table.h"
#include "dataset/parts/photo_splits.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_reading.h"
#include "dataset/teacher/reply_table.h"

namespace gre {
namespace {

constexpr size_t kPage = 1000;
constexpr double kJudgeShare = 0.2;

enum class Outcome : uint8_t { kAccepted, kRejected, kUnread, kUnasked };

// Photos that are duplicates of each other, or one photo.
struct Unit {
  uint64_t order = 0;
  int64_t group = 0;
  Outcome outcome = Outcome::kUnasked;
};

Error ThetaMissing() {
  return {ErrorCode::kInvalidArgument,
          "--filter-theta-km: expected the distance in km up to which an answer is accepted (GRE's "
          "own is unpublished, there is no default), found none"};
}

class Division {
 public:
  Division(Dataset& dataset, const DivisionOptions& options, PhotoSplits splits,
           const CancellationToken& cancellation)
      : options_(options),
        dataset_(dataset),
        photos_(dataset.database()),
        replies_(dataset.database()),
        entries_(dataset.database()),
        splits_(splits),
        cancellation_(cancellation) {}

  Result<DivisionSummary> Run() {
    // As a whole, so that of two processes that divide the second one sees all that the first saw.
    const Status divided = dataset_.database().InTransaction([this]() -> Status {
      GRE_RETURN_IF_ERROR(dataset_.database().Lock("parts"));
      GRE_RETURN_IF_ERROR(Judge());
      Assign();
      return Write();
    });
    if (!divided.ok()) return divided.error();
    return summary_;
  }

 private:
  // Calls `body` with every photo that takes part and its split.
  template <typename Body>
  Status ForEachPhoto(const Body& body) {
    for (int64_t after = 0;;) {
      if (cancellation_.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
      GRE_ASSIGN_OR_RETURN(const std::vector<Photo> page,
                           photos_.Page(PhotoTable::Which::kKept, after, kPage));
      if (page.empty()) return {};
      after = page.back().number;
      for (const Photo& photo : page) {
        GRE_ASSIGN_OR_RETURN(const std::optional<std::string> split, splits_.SplitOf(photo));
        if (!split) continue;
        if (Status status = body(photo, *split); !status.ok()) return status;
      }
    }
  }

  static int64_t GroupOf(const Photo& photo) {
    return photo.duplicate_group > 0 ? photo.duplicate_group : photo.number;
  }

  [[nodiscard]] Result<Outcome> OutcomeOf(const Photo& photo) {
    GRE_ASSIGN_OR_RETURN(const std::vector<Reply> replies, replies_.OfPhoto(photo.number));
    Outcome outcome = Outcome::kUnasked;
    for (const Reply& reply : replies) {
      if (reply.purpose != ReplyPurposeName(ReplyPurpose::kChain)) continue;
      if (photo.point && !options_.filter_theta_km) return ThetaMissing();
      const std::optional<bool> right = IsRight(photo, reply, options_.filter_theta_km.value_or(0));
      const Outcome of_reply = !right   ? Outcome::kUnread
                               : *right ? Outcome::kAccepted
                                        : Outcome::kRejected;
      outcome = std::min(outcome, of_reply);
    }
    return outcome;
  }

  // What the answers of each unit are worth.
  Status Judge() {
    std::unordered_map<int64_t, size_t> units;
    return ForEachPhoto([&](const Photo& photo, const std::string& /*split*/) -> Status {
      ++summary_.photos;
      GRE_ASSIGN_OR_RETURN(const Outcome outcome, OutcomeOf(photo));
      ++(outcome == Outcome::kAccepted   ? summary_.accepted
         : outcome == Outcome::kRejected ? summary_.rejected
         : outcome == Outcome::kUnread   ? summary_.unread
                                         : summary_.unasked);
      const int64_t group = GroupOf(photo);
      const auto [known, is_new] = units.emplace(group, units_.size());
      if (is_new) {
        units_.push_back({HashSeed(options_.seed, photo.id), group, outcome});
      } else {
        Unit& unit = units_[known->second];
        unit.outcome = std::min(unit.outcome, outcome);
      }
      return {};
    });
  }

  void Assign() {
    std::ranges::sort(units_, {},
                      [](const Unit& unit) { return std::pair(unit.order, unit.group); });
    const auto all = static_cast<int64_t>(units_.size());
    const auto accepted = static_cast<int64_t>(std::ranges::count(
        units_, Outcome::kAccepted, [](const Unit& unit) { return unit.outcome; }));
    int64_t judge_true = 0, judge_false = all, cot = options_.cot_photos.value_or(all);
    if (options_.judge_from_rollouts) {
      judge_false =
          options_.judge_photos.value_or(std::llround(kJudgeShare * static_cast<double>(all)));
    } else if (options_.judge_photos) {
      judge_true =
          std::llround(options_.judge_true_share * static_cast<double>(*options_.judge_photos));
      judge_false = *options_.judge_photos - judge_true;
      if (options_.cot_photos && cot + judge_true > accepted && cot + judge_true > 0) {
        judge_true = judge_true * accepted / (cot + judge_true);
      } else if (!options_.cot_photos) {
        judge_true = std::min(judge_true, accepted / 2);
      }
    } else {
      judge_true = std::llround(kJudgeShare * static_cast<double>(accepted));
    }
    int64_t seed = options_.seed_photos.value_or(all);
    for (const Unit& unit : units_) {
      const bool is_accepted = unit.outcome == Outcome::kAccepted;
      int64_t& judge = is_accepted && !options_.judge_from_rollouts ? judge_true : judge_false;
      const bool may_be_judged =
          options_.judge_from_rollouts || is_accepted || unit.outcome == Outcome::kRejected;
      if (may_be_judged && judge > 0) {
        --judge;
        parts_[unit.group] = DataPart::kJudge;
      } else if (is_accepted && cot > 0) {
        --cot;
        parts_[unit.group] = DataPart::kCot;
      } else if (seed > 0) {
        --seed;
        parts_[unit.group] = DataPart::kSeed;
      }
    }
    units_ = {};
  }

  Status Write() {
    std::vector<std::pair<int64_t, DataPart>> assigned;
    Status listed = ForEachPhoto([&](const Photo& photo, const std::string& /*split*/) -> Status {
      const auto part = parts_.find(GroupOf(photo));
      if (part == parts_.end()) {
        ++summary_.left_over;
        return {};
      }
      assigned.emplace_back(photo.number, part->second);
      ++(part->second == DataPart::kCot     ? summary_.cot
         : part->second == DataPart::kJudge ? summary_.judge
                                            : summary_.seed);
      return {};
    });
    if (!listed.ok()) return listed;
    GRE_RETURN_IF_ERROR(entries_.AssignParts(assigned));
    for (const DataPart part : {DataPart::kCot, DataPart::kSeed}) {
      Status replaced = entries_.Replace(
          part, [&](const EntryTable::AddEntry& add) { return WriteEntries(part, add); });
      if (!replaced.ok()) return replaced;
    }
    if (!options_.filter_theta_km) return {};
    return dataset_.SetFact("theta.filter_km", FormatShortest(*options_.filter_theta_km));
  }

  Status WriteEntries(DataPart part, const EntryTable::AddEntry& add) {
    return ForEachPhoto([&](const Photo& photo, const std::string& split) -> Status {
      const auto assigned = parts_.find(GroupOf(photo));
      if (assigned == parts_.end() || assigned->second != part) return {};
      DataEntry entry;
      entry.part = part;
      entry.photo = photo.number;
      entry.split = split;
      if (part == DataPart::kCot) {
        GRE_ASSIGN_OR_RETURN(const std::optional<Reply> best, BestReply(photo));
        if (!best) return {};  // a duplicate of the photo that has one
        entry.reply = best->number;
        entry.deviation_km = best->deviation_km;
      }
      return add(entry);
    });
  }

  Result<std::optional<Reply>> BestReply(const Photo& photo) {
    GRE_ASSIGN_OR_RETURN(std::vector<Reply> replies, replies_.OfPhoto(photo.number));
    std::erase_if(replies, [&](const Reply& reply) {
      return reply.purpose != ReplyPurposeName(ReplyPurpose::kChain) ||
             !IsRight(photo, reply, options_.filter_theta_km.value_or(0)).value_or(false);
    });
    if (replies.empty()) return std::optional<Reply>();
    return std::optional(*std::ranges::min_element(replies, {}, [](const Reply& reply) {
      return std::tuple(reply.findings != "[]", reply.deviation_km.value_or(0), reply.number);
    }));
  }

  const DivisionOptions& options_;
  Dataset& dataset_;
  PhotoTable photos_;
  ReplyTable replies_;
  EntryTable entries_;
  PhotoSplits splits_;
  const CancellationToken& cancellation_;
  std::vector<Unit> units_;
  std::unordered_map<int64_t, DataPart> parts_;  // by duplicate group
  DivisionSummary summary_;
};

}  // namespace

Status CheckTheta(Dataset& dataset, const DivisionOptions& options) {
  if (options.filter_theta_km) return {};
  PhotoTable photos(dataset.database());
  for (int64_t after = 0;;) {
    GRE_ASSIGN_OR_RETURN(const std::vector<PhotoPlace> page,
                         photos.Places(PhotoTable::Which::kKept, after, kPage));
    if (page.empty()) return {};
    after = page.back().number;
    for (const PhotoPlace& place : page) {
      if (place.point) return ThetaMissing();
    }
  }
}

Result<DivisionSummary> DividePhotos(Dataset& dataset, const DivisionOptions& options,
                                     const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const PhotoSplits splits, PhotoSplits::Read(dataset.database()));
  return Division(dataset, options, splits, cancellation).Run();
}

}  // namespace gre
