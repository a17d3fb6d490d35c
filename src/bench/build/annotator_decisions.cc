#include "bench/build/annotator_decisions.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "core/csv_cell.h"
#include "core/file.h"
#include "core/strings.h"
#include "dataset/csv_table.h"

namespace gre {
namespace {

constexpr std::array<ReviewReason, 6> kReasons = {{
    {kNeitherReason, "not_inferable", "neither country nor city can be inferred"},
    {kCityReason, "city_not_inferable", "the country can be inferred, the city cannot"},
    {'h', "hallucination", "a label or key step describes what the photo does not show"},
    {'w', "wrong", "the truth, a label or a key step is false"},
    {'p', "private", "a person or their data can be recognised"},
    {'x', "other", "anything else"},
}};

std::optional<bool> ReadYesNo(std::string_view cell) {
  const std::string word = AsciiLower(Trim(cell));
  if (word == "yes" || word == "y" || word == "true" || word == "1") return true;
  if (word == "no" || word == "n" || word == "false" || word == "0") return false;
  return std::nullopt;
}

// The optional columns of one row.
Status ReadReviewed(const CsvTable& table, size_t row, std::optional<size_t> decision,
                    std::optional<size_t> reasons, std::optional<size_t> key_steps,
                    AnnotatorDecision& read) {
  if (decision) {
    const auto parsed = ParseReviewDecision(Trim(table.Cell(row, *decision)));
    if (!parsed) return table.BadCell(row, *decision, "keep, fix or drop");
    read.decision = *parsed;
  }
  if (reasons) {
    for (const std::string_view name : Split(table.Cell(row, *reasons), ' ')) {
      if (name.empty()) continue;
      if (std::ranges::find(kReasons, name, &ReviewReason::name) == kReasons.end()) {
        return table.BadCell(row, *reasons, "names of reasons between blanks");
      }
      read.reasons.emplace_back(name);
    }
  }
  if (!key_steps) return {};
  for (const std::string_view line : Split(UndefuseCsvCell(table.Cell(row, *key_steps)), '\n')) {
    if (!Trim(line).empty()) read.key_steps.emplace_back(Trim(line));
  }
  if (read.decision != ReviewDecision::kFix && !read.key_steps.empty()) {
    return table.BadCell(row, *key_steps, "key steps of a fix alone");
  }
  return {};
}

// `others`: the files read before, which hold the same ids; nullptr: any ids.
Result<DecisionList> ReadRows(const std::string& path, const AnnotatorDecisions* others) {
  GRE_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
  GRE_ASSIGN_OR_RETURN(const size_t id, table.Column("id"));
  GRE_ASSIGN_OR_RETURN(const size_t country, table.Column("country"));
  GRE_ASSIGN_OR_RETURN(const size_t city, table.Column("city"));
  const auto optional = [&](const char* name) {
    const Result<size_t> column = table.Column(name);
    return column.ok() ? std::optional(*column) : std::nullopt;
  };
  const auto decision = optional("decision");
  const auto reasons = optional("reasons");
  const auto key_steps = optional("key_steps");
  DecisionList list;
  std::set<std::string, std::less<>> seen;
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto sees_country = ReadYesNo(table.Cell(row, country));
    if (!sees_country) return table.BadCell(row, country, "yes or no");
    const auto sees_city = ReadYesNo(table.Cell(row, city));
    if (!sees_city) return table.BadCell(row, city, "yes or no");
    AnnotatorDecision read{.country = *sees_country, .city = *sees_city};
    GRE_RETURN_IF_ERROR(ReadReviewed(table, row, decision, reasons, key_steps, read));
    std::string name(UndefuseCsvCell(table.Cell(row, id)));
    if (!seen.insert(name).second) return table.BadCell(row, id, "each id once");
    if (others != nullptr && !others->annotators.empty() && !others->photos.contains(name)) {
      return table.BadCell(row, id, "an id that the other annotators' files hold");
    }
    list.emplace_back(std::move(name), std::move(read));
  }
  return list;
}

Status AddFile(const std::string& path, AnnotatorDecisions& decisions) {
  GRE_ASSIGN_OR_RETURN(DecisionList list, ReadRows(path, &decisions));
  const size_t annotator = decisions.annotators.size();
  for (auto& [id, decision] : list) decisions.photos[id].push_back(std::move(decision));
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

bool SaysDrop(const AnnotatorDecision& decision) {
  return decision.decision == ReviewDecision::kDrop || (!decision.country && !decision.city);
}

bool SaysNeither(const AnnotatorDecision& decision) { return !decision.country && !decision.city; }

}  // namespace

std::span<const ReviewReason> CandidateReasons() { return kReasons; }

Result<DecisionList> ReadDecisionFile(const std::string& path) { return ReadRows(path, nullptr); }

Status WriteDecisionFile(const std::string& path, const DecisionList& decisions) {
  std::string text = "id,country,city,decision,reasons,key_steps\n";
  for (const auto& [id, decision] : decisions) {
    std::string reasons;
    for (const std::string& reason : decision.reasons) {
      reasons.append(reasons.empty() ? "" : " ").append(reason);
    }
    std::string steps;
    for (const std::string& step : decision.key_steps) {
      steps.append(steps.empty() ? "" : "\n").append(step);
    }
    text.append(Concat({EscapeCsvCell(id), ",", decision.country ? "yes" : "no", ",",
                        decision.city ? "yes" : "no", ",", ReviewDecisionName(decision.decision),
                        ",", reasons, ",", EscapeCsvCell(steps), "\n"}));
  }
  return WriteFileAtomically(path, text);
}

Result<AnnotatorDecisions> ReadAnnotatorDecisions(std::span<const std::string> paths) {
  if (paths.size() < kFewestAnnotators) {
    return Error{ErrorCode::kInvalidArgument,
                 "--decisions: expected the files of at least three annotators, found " +
                     std::to_string(paths.size())};
  }
  AnnotatorDecisions decisions;
  for (const std::string& path : paths) GRE_RETURN_IF_ERROR(AddFile(path, decisions));
  return decisions;
}

AnnotatorAgreement MeasureAgreement(const AnnotatorDecisions& decisions) {
  return {AgreementOn(decisions, [](const AnnotatorDecision& d) { return d.country; }),
          AgreementOn(decisions, [](const AnnotatorDecision& d) { return d.city; }),
          AgreementOn(decisions, SaysNeither), AgreementOn(decisions, SaysDrop)};
}

size_t DropVotes(std::span<const AnnotatorDecision> decisions) {
  return static_cast<size_t>(std::ranges::count_if(decisions, SaysDrop));
}

std::string DropReason(std::span<const AnnotatorDecision> decisions) {
  std::string text =
      Concat({std::to_string(DropVotes(decisions)), " of ", std::to_string(decisions.size())});
  if (std::ranges::count_if(decisions, SaysNeither) == std::ranges::count_if(decisions, SaysDrop)) {
    return text + " annotators can infer neither country nor city";
  }
  std::set<std::string, std::less<>> reasons;
  for (const AnnotatorDecision& decision : decisions) {
    if (SaysDrop(decision)) reasons.insert(decision.reasons.begin(), decision.reasons.end());
  }
  text += " annotators drop it";
  std::string_view before = ": ";
  for (const std::string& reason : reasons) {
    text.append(std::exchange(before, ", ")).append(reason);
  }
  return text;
}

std::vector<std::string> RevisedKeySteps(const std::vector<std::string>& draft,
                                         std::span<const AnnotatorDecision> decisions) {
  std::vector<std::pair<std::string, size_t>> votes;  // by step
  size_t annotators = 0;
  const auto want = [&](const std::vector<std::string>& steps, size_t count) {
    std::set<std::string, std::less<>> once(steps.begin(), steps.end());
    for (const std::string& step : steps) {
      if (once.erase(step) == 0) continue;
      auto found = std::ranges::find(votes, step, &std::pair<std::string, size_t>::first);
      if (found == votes.end()) found = votes.insert(votes.end(), {step, 0});
      found->second += count;
    }
  };
  want(draft, 0);
  for (const AnnotatorDecision& decision : decisions) {
    if (SaysDrop(decision)) continue;
    ++annotators;
    want(decision.decision == ReviewDecision::kFix ? decision.key_steps : draft, 1);
  }
  std::vector<std::string> steps;
  for (auto& [step, count] : votes) {
    if (2 * count > annotators) steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace gre
