#include "bench/build/annotator_decisions.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/strings.h"
#include "dataset/csv_table.h"

namespace gre {
namespace {

std::optional<bool> ReadYesNo(std::string_view cell) {
  const std::string word = AsciiLower(Trim(cell));
  if (word == "yes" || word == "y" || word == "true" || word == "1") return true;
  if (word == "no" || word == "n" || word == "false" || word == "0") return false;
  return std::nullopt;
}

Status ReadFileInto(const std::string& path, AnnotatorDecisions& decisions) {
  GRE_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
  GRE_ASSIGN_OR_RETURN(const size_t id, table.Column("id"));
  GRE_ASSIGN_OR_RETURN(const size_t country, table.Column("country"));
  GRE_ASSIGN_OR_RETURN(const size_t city, table.Column("city"));
  const size_t annotator = decisions.annotators.size();
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto sees_country = ReadYesNo(table.Cell(row, country));
    if (!sees_country) return table.BadCell(row, country, "yes or no");
    const auto sees_city = ReadYesNo(table.Cell(row, city));
    if (!sees_city) return table.BadCell(row, city, "yes or no");
    auto& photo = decisions.photos[table.Cell(row, id)];
    if (photo.size() > annotator) return table.BadCell(row, id, "each id once");
    if (photo.size() < annotator) {
      return table.BadCell(row, id, "an id that the other annotators' files hold");
    }
    photo.push_back({*sees_country, *sees_city});
  }
  for (const auto& [name, photo] : decisions.photos) {
    if (photo.size() != annotator + 1) {
      return Error{ErrorCode::kInvalidInput,
                   Concat({path, ": expected a row for '", name,
                           "', which the other annotators decided, found none"})};
    }
  }
  decisions.annotators.push_back(std::filesystem::path(path).stem().string());
  return {};
}

template <typename Says>
Agreement AgreementOn(const AnnotatorDecisions& decisions, const Says& says) {
  std::vector<size_t> counts;  // [photos, no/yes]
  counts.reserve(2 * decisions.photos.size());
  for (const auto& [id, photo] : decisions.photos) {
    const auto yes = static_cast<size_t>(std::ranges::count_if(photo, says));
    counts.push_back(photo.size() - yes);
    counts.push_back(yes);
  }
  return FleissKappa(counts, 2);
}

bool SaysNeither(const AnnotatorDecision& decision) { return !decision.country && !decision.city; }

}  // namespace

Result<AnnotatorDecisions> ReadAnnotatorDecisions(std::span<const std::string> paths) {
  if (paths.size() < kFewestAnnotators) {
    return Error{ErrorCode::kInvalidArgument,
                 "--decisions: expected the files of at least three annotators, found " +
                     std::to_string(paths.size())};
  }
  AnnotatorDecisions decisions;
  for (const std::string& path : paths) GRE_RETURN_IF_ERROR(ReadFileInto(path, decisions));
  return decisions;
}

AnnotatorAgreement MeasureAgreement(const AnnotatorDecisions& decisions) {
  return {AgreementOn(decisions, [](const AnnotatorDecision& d) { return d.country; }),
          AgreementOn(decisions, [](const AnnotatorDecision& d) { return d.city; }),
          AgreementOn(decisions, SaysNeither)};
}

size_t NeitherVotes(std::span<const AnnotatorDecision> decisions) {
  return static_cast<size_t>(std::ranges::count_if(decisions, SaysNeither));
}

}  // namespace gre
