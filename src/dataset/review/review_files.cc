#include "dataset/review/review_files.h"

#include <array>
#include <optional>
#include <vector>

#include "core/csv_cell.h"
#include "core/file.h"
#include "core/strings.h"
#include "dataset/csv_table.h"
#include "dataset/photo_table.h"
#include "dataset/review/review_table.h"

namespace gre {
namespace {

constexpr std::array<std::string_view, 8> kHeader = {"part",     "id",      "reply", "annotator",
                                                     "decision", "reasons", "chain", "decided"};
constexpr size_t kPage = 500;

std::string Line(const Review& review, const std::string& id) {
  std::string reasons;
  for (const std::string& reason : review.reasons) {
    if (!reasons.empty()) reasons += ' ';
    reasons += reason;
  }
  const std::array<std::string, kHeader.size()> cells = {
      std::string(DataPartName(review.part)),
      id,
      std::to_string(review.reply),
      review.annotator,
      std::string(ReviewDecisionName(review.decision)),
      reasons,
      review.chain,
      review.decided};
  std::string line;
  for (const std::string& cell : cells) {
    if (!line.empty()) line += ',';
    line += EscapeCsvCell(cell);
  }
  return line + "\n";
}

class ReviewsReader {
 public:
  ReviewsReader(Dataset& dataset, const CsvTable& table)
      : table_(table), database_(dataset.database()), photos_(database_), reviews_(database_) {}

  Result<int64_t> Run() {
    for (size_t i = 0; i < kHeader.size(); ++i) {
      GRE_ASSIGN_OR_RETURN(columns_[i], table_.Column(kHeader[i]));
    }
    const Status read = database_.InTransaction([this]() -> Status {
      for (size_t row = 0; row < table_.rows(); ++row) GRE_RETURN_IF_ERROR(ReadRow(row));
      return {};
    });
    if (!read.ok()) return read.error();
    return static_cast<int64_t>(table_.rows());
  }

 private:
  enum Column : size_t { kPart, kId, kReply, kAnnotator, kDecision, kReasons, kChain, kDecided };

  [[nodiscard]] std::string Of(size_t row, Column column) const {
    return std::string(UndefuseCsvCell(table_.Cell(row, columns_[column])));
  }
  [[nodiscard]] Error Bad(size_t row, Column column, std::string_view expected) const {
    return table_.BadCell(row, columns_[column], expected);
  }

  Status ReadRow(size_t row) {
    Review review;
    const std::optional<DataPart> part = ParseDataPart(Of(row, kPart));
    if (!part) return Bad(row, kPart, "cot, judge or seed");
    review.part = *part;
    GRE_ASSIGN_OR_RETURN(const std::optional<Photo> photo, photos_.Find(Of(row, kId)));
    if (!photo) return Bad(row, kId, "the id of a photo of the dataset");
    review.photo = photo->number;
    const auto reply = ParseInt(Of(row, kReply));
    if (!reply) return Bad(row, kReply, "a number");
    review.reply = *reply;
    GRE_ASSIGN_OR_RETURN(const std::vector<DataEntry> entry,
                         EntryTable(database_).Page(*part, photo->number, *reply - 1, 1));
    if (entry.empty() || entry[0].photo != photo->number || entry[0].reply != *reply) {
      return Bad(row, kReply, "an entry of the dataset");
    }
    review.annotator = Of(row, kAnnotator);
    if (review.annotator.empty()) return Bad(row, kAnnotator, "who decided");
    const auto decision = ParseReviewDecision(Of(row, kDecision));
    if (!decision) return Bad(row, kDecision, "keep, fix or drop");
    review.decision = *decision;
    const std::string reasons = Of(row, kReasons);
    for (const std::string_view name : Split(reasons, ' ')) {
      if (name.empty()) continue;
      if (FindReviewReason(name) == nullptr) return Bad(row, kReasons, "names of reasons");
      review.reasons.emplace_back(name);
    }
    review.chain = Of(row, kChain);
    if ((review.decision == ReviewDecision::kFix) == review.chain.empty()) {
      return Bad(row, kChain, "the corrected chain of a fix, and nothing otherwise");
    }
    review.decided = Of(row, kDecided);
    return reviews_.Put(review);
  }

  const CsvTable& table_;
  Database& database_;
  PhotoTable photos_;
  ReviewTable reviews_;
  std::array<size_t, kHeader.size()> columns_{};
};

}  // namespace

Result<int64_t> WriteReviews(Dataset& dataset, DataPart part, const std::string& annotator,
                             const std::string& path) {
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path));
  std::string header;
  for (const std::string_view name : kHeader) {
    if (!header.empty()) header += ',';
    header += name;
  }
  GRE_RETURN_IF_ERROR(file.Write(header + "\n"));
  ReviewTable reviews(dataset.database());
  PhotoTable photos(dataset.database());
  int64_t written = 0;
  for (int64_t photo = 0, reply = 0;;) {
    GRE_ASSIGN_OR_RETURN(const std::vector<Review> page, reviews.Page(part, photo, reply, kPage));
    if (page.empty()) break;
    photo = page.back().photo;
    reply = page.back().reply;
    for (const Review& review : page) {
      if (!annotator.empty() && review.annotator != annotator) continue;
      GRE_ASSIGN_OR_RETURN(const std::optional<Photo> of, photos.Get(review.photo));
      GRE_RETURN_IF_ERROR(file.Write(Line(review, of->id)));
      ++written;
    }
  }
  GRE_RETURN_IF_ERROR(file.Commit());
  return written;
}

Result<int64_t> ReadReviews(Dataset& dataset, const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
  return ReviewsReader(dataset, table).Run();
}

}  // namespace gre
