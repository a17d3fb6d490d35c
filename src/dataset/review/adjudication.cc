#include "dataset/review/adjudication.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "dataset/photo_table.h"
#include "dataset/review/review_table.h"

namespace gre {
namespace {

constexpr size_t kPage = 500;

struct Verdict {
  ReviewDecision decision = ReviewDecision::kKeep;
  std::string chain;
};

class Adjudication {
 public:
  Adjudication(Dataset& dataset, DataPart part, const AdjudicationOptions& options)
      : part_(part),
        options_(options),
        database_(dataset.database()),
        entries_(database_),
        reviews_(database_),
        photos_(database_) {}

  Status Run() {
    // all entries start again as nobody's, dropped ones too
    GRE_RETURN_IF_ERROR(entries_.ClearReviews(part_));
    for (int64_t photo = 0, reply = 0;;) {
      GRE_ASSIGN_OR_RETURN(std::vector<DataEntry> page, entries_.Page(part_, photo, reply, kPage));
      if (page.empty()) break;
      photo = page.back().photo;
      reply = page.back().reply;
      for (DataEntry& entry : page) GRE_RETURN_IF_ERROR(Decide(entry));
    }
    summary.agreement = FleissKappa(counts_, 3);
    return {};
  }

  AdjudicationSummary summary;

 private:
  Status Decide(DataEntry& entry) {
    ++summary.entries;
    GRE_ASSIGN_OR_RETURN(std::vector<Review> reviews, reviews_.Of(entry));
    std::optional<Review> last_word;
    std::erase_if(reviews, [&](const Review& review) {
      if (options_.adjudicator.empty() || review.annotator != options_.adjudicator) return false;
      last_word = review;
      return true;
    });
    if (reviews.empty() && !last_word) return {};
    Count(reviews);
    if (std::cmp_less(reviews.size(), options_.min_annotators)) {
      ++summary.too_few;
      return {};
    }
    const std::optional<Verdict> verdict =
        last_word ? std::optional(Verdict{last_word->decision, last_word->chain})
                  : Majority(reviews);
    if (!verdict) {
      GRE_ASSIGN_OR_RETURN(const std::optional<Photo> photo, photos_.Get(entry.photo));
      summary.open.push_back(photo->id);
      return {};
    }
    entry.reviewed.clear();
    for (const Review& review : reviews) {
      if (!entry.reviewed.empty()) entry.reviewed += ", ";
      entry.reviewed += review.annotator;
    }
    if (last_word) entry.reviewed += "; adjudicated by " + last_word->annotator;
    entry.chain = verdict->chain;
    entry.dropped = verdict->decision == ReviewDecision::kDrop;
    ++summary.reviewed;
    ++(verdict->decision == ReviewDecision::kKeep  ? summary.kept
       : verdict->decision == ReviewDecision::kFix ? summary.fixed
                                                   : summary.dropped);
    return entries_.SetReview(entry);
  }

  void Count(const std::vector<Review>& reviews) {
    std::array<size_t, 3> row{};
    for (const Review& review : reviews) ++row[static_cast<size_t>(review.decision)];
    counts_.insert(counts_.end(), row.begin(), row.end());
  }

  static std::optional<Verdict> Majority(const std::vector<Review>& reviews) {
    for (const ReviewDecision decision :
         {ReviewDecision::kKeep, ReviewDecision::kFix, ReviewDecision::kDrop}) {
      std::set<std::string> chains;
      size_t votes = 0;
      for (const Review& review : reviews) {
        if (review.decision != decision) continue;
        ++votes;
        chains.insert(review.chain);
      }
      if (2 * votes <= reviews.size()) continue;
      if (chains.size() > 1) return std::nullopt;
      return Verdict{decision, *chains.begin()};
    }
    return std::nullopt;
  }

  DataPart part_;
  const AdjudicationOptions& options_;
  Database& database_;
  EntryTable entries_;
  ReviewTable reviews_;
  PhotoTable photos_;
  std::vector<size_t> counts_;  // [entries, keep/fix/drop]
};

}  // namespace

Result<AdjudicationSummary> ApplyReviews(Dataset& dataset, DataPart part,
                                         const AdjudicationOptions& options) {
  Adjudication adjudication(dataset, part, options);
  const Status done = dataset.database().InTransaction([&] { return adjudication.Run(); });
  if (!done.ok()) return done.error();
  return std::move(adjudication.summary);
}

}  // namespace gre
