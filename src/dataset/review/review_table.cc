#include "dataset/review/review_table.h"

#include <algorithm>
#include <array>

#include "core/strings.h"
#include "dataset/dataset.h"

namespace gre {
namespace {

constexpr std::array<ReviewReason, 7> kReasons = {{
    {'h', "hallucination", "describes what the photo does not show"},
    {'i', "inconsistent", "steps contradict each other or the answer"},
    {'o', "format", "not in the form that the instruction asks for"},
    {'w', "wrong", "a step says something about the place that is false"},
    {'n', "not_inferable", "the photo does not show what the place is told from"},
    {'p', "private", "a person or their data can be recognised"},
    {'x', "other", "anything else"},
}};

constexpr std::array<ReviewDecision, 3> kDecisions = {ReviewDecision::kKeep, ReviewDecision::kFix,
                                                      ReviewDecision::kDrop};

constexpr std::string_view kColumns = "photo, reply, annotator, decision, reasons, chain, decided";

std::string PartText(DataPart part) { return std::string(DataPartName(part)); }

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

Review ReadReview(DataPart part, const SqlRow& row) {
  Review review;
  review.part = part;
  review.photo = row.Integer(0);
  review.reply = row.Integer(1);
  review.annotator = row.Text(2);
  review.decision = ParseReviewDecision(row.Text(3)).value_or(ReviewDecision::kKeep);
  for (const std::string_view name : Split(row.Text(4), ' ')) {
    if (!name.empty()) review.reasons.emplace_back(name);
  }
  review.chain = row.TextOr(5, "");
  review.decided = row.Text(6);
  return review;
}

Result<std::vector<Review>> ReadReviews(DataPart part, Result<std::vector<SqlRow>> rows) {
  if (!rows.ok()) return rows.error();
  std::vector<Review> reviews;
  reviews.reserve(rows->size());
  for (const SqlRow& row : *rows) reviews.push_back(ReadReview(part, row));
  return reviews;
}

constexpr std::string_view kNotDecided =
    "FROM entries WHERE part = $1 AND dropped = 0 AND NOT EXISTS (SELECT 1 FROM reviews WHERE "
    "reviews.part = entries.part AND reviews.photo = entries.photo AND reviews.reply = "
    "entries.reply AND annotator = $2)";

}  // namespace

std::string_view ReviewDecisionName(ReviewDecision decision) {
  switch (decision) {
    case ReviewDecision::kKeep:
      return "keep";
    case ReviewDecision::kFix:
      return "fix";
    case ReviewDecision::kDrop:
      break;
  }
  return "drop";
}

std::optional<ReviewDecision> ParseReviewDecision(std::string_view name) {
  const auto* const found = std::ranges::find(kDecisions, name, ReviewDecisionName);
  return found == kDecisions.end() ? std::nullopt : std::optional(*found);
}

std::span<const ReviewReason> ReviewReasons() { return kReasons; }

const ReviewReason* FindReviewReason(char key) {
  const auto* const found = std::ranges::find(kReasons, key, &ReviewReason::key);
  return found == kReasons.end() ? nullptr : found;
}

const ReviewReason* FindReviewReason(std::string_view name) {
  const auto* const found = std::ranges::find(kReasons, name, &ReviewReason::name);
  return found == kReasons.end() ? nullptr : found;
}

Status ReviewTable::Put(const Review& review) {
  return database_->Run(
      "INSERT INTO reviews (part, photo, reply, annotator, decision, reasons, chain, decided) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (part, photo, reply, annotator) DO "
      "UPDATE SET decision = excluded.decision, reasons = excluded.reasons, chain = "
      "excluded.chain, decided = excluded.decided",
      {PartText(review.part), review.photo, review.reply, review.annotator,
       std::string(ReviewDecisionName(review.decision)), Join(review.reasons),
       SqlText(review.chain), review.decided.empty() ? UtcNow() : review.decided});
}

Status ReviewTable::Remove(const Review& review) {
  return database_->Run(
      "DELETE FROM reviews WHERE part = $1 AND photo = $2 AND reply = $3 AND annotator = $4",
      {PartText(review.part), review.photo, review.reply, review.annotator});
}

Result<std::vector<Review>> ReviewTable::Of(const DataEntry& entry) {
  return ReadReviews(entry.part,
                     database_->Query(Concat({"SELECT ", kColumns,
                                              " FROM reviews WHERE part = $1 AND photo = $2 AND "
                                              "reply = $3 ORDER BY annotator"}),
                                      {PartText(entry.part), entry.photo, entry.reply}));
}

Result<std::vector<Review>> ReviewTable::Page(DataPart part, int64_t after_photo,
                                              int64_t after_reply, size_t limit) {
  // `limit` counts entries, whose reviews stay together.
  return ReadReviews(
      part,
      database_->Query(
          Concat({"SELECT ", kColumns,
                  " FROM reviews WHERE part = $1 AND (photo, reply) IN (SELECT DISTINCT photo, "
                  "reply FROM reviews WHERE part = $1 AND (photo > $2 OR (photo = $2 AND reply > "
                  "$3)) ORDER BY photo, reply LIMIT $4) ORDER BY photo, reply, annotator"}),
          {PartText(part), after_photo, after_reply, static_cast<int64_t>(limit)}));
}

Result<std::vector<DataEntry>> ReviewTable::Undecided(DataPart part, const std::string& annotator,
                                                      int64_t after_photo, int64_t after_reply,
                                                      size_t limit) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(
          Concat({"SELECT photo, reply ", kNotDecided,
                  " AND (photo > $3 OR (photo = $3 AND reply > $4)) ORDER BY photo, reply LIMIT "
                  "$5"}),
          {PartText(part), annotator, after_photo, after_reply, static_cast<int64_t>(limit)}));
  std::vector<DataEntry> entries;
  EntryTable table(*database_);
  for (const SqlRow& row : rows) {
    GRE_ASSIGN_OR_RETURN(std::vector<DataEntry> entry,
                         table.Page(part, row.Integer(0), row.Integer(1) - 1, 1));
    if (!entry.empty()) entries.push_back(std::move(entry.front()));
  }
  return entries;
}

Result<int64_t> ReviewTable::CountUndecided(DataPart part, const std::string& annotator) {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query(Concat({"SELECT COUNT(*) ", kNotDecided}), {PartText(part), annotator}));
  return rows.at(0).Integer(0);
}

}  // namespace gre
