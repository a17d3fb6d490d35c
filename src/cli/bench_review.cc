// gre bench review: what people decide about the candidates of a benchmark, in the terminal.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/build/annotator_decisions.h"
#include "bench/truth_file.h"
#include "cli/bench_commands.h"
#include "cli/context.h"
#include "cli/output_files.h"
#include "cli/results_journal.h"
#include "cli/review_dialogue.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "image/decode.h"
#include "image/metadata.h"
#include "knowledge/country_facts.h"
#include "knowledge/place_namer.h"
#include "report/review_screen.h"
#include "report/world_land.h"

namespace gre {
namespace {

struct BenchReviewOptions {
  std::string candidates;
  std::string photos;
  std::string decisions;
};

constexpr char kFix[] =
    "the photo's key steps, one a line (a number alone takes over that step of the draft)";

// "3" of the draft; nullptr where the line is no number of one.
const std::string* DraftStep(std::string_view line, const std::vector<std::string>& draft) {
  const auto number = ParseInt(Trim(line));
  if (!number || *number < 1 || *number > static_cast<int64_t>(draft.size())) return nullptr;
  return &draft[static_cast<size_t>(*number) - 1];
}

// One annotator's session: candidates one after another, the file written with each decision.
class CandidateSession {
 public:
  CandidateSession(const BenchReviewOptions& options, std::vector<TruthRecord> candidates,
                   CliContext& context)
      : options_(options),
        candidates_(std::move(candidates)),
        context_(context),
        namer_(PlaceNamer::Open(context.cache_directory() + "/geodata")),
        dialogue_({.reasons = CandidateReasons(),
                   .keep_reasons = "c",
                   .keep_help = ": country and city can be inferred; k c: the country alone",
                   .fix = kFix},
                  context) {}

  // Takes over what the annotator decided before; decisions about other photos are an error.
  Status Load() {
    if (!FileExists(options_.decisions)) return {};
    GRE_ASSIGN_OR_RETURN(DecisionList list, ReadDecisionFile(options_.decisions));
    for (auto& [id, decision] : list) {
      if (std::ranges::find(candidates_, id, &TruthRecord::id) == candidates_.end()) {
        return Error{
            ErrorCode::kInvalidInput,
            Concat({options_.decisions, ": expected decisions about the candidates of '",
                    options_.candidates, "', found '", id, "'; name another file, or delete it"})};
      }
      decided_[id] = std::move(decision);
    }
    return {};
  }

  // How many decisions this session made.
  Result<size_t> Run() {
    context_.out.WriteLine(std::to_string(Left()) + " of " + std::to_string(candidates_.size()) +
                           " candidates are undecided; ? for help");
    for (size_t at = 0; at < candidates_.size();) {
      const TruthRecord& candidate = candidates_[at];
      if (decided_.contains(candidate.id)) {
        ++at;
        continue;
      }
      Show(candidate);
      ReviewChoice choice;
      switch (dialogue_.Ask(Left(), choice)) {
        case ReviewDialogue::Command::kQuit:
          return made_.size();
        case ReviewDialogue::Command::kSkip:
          ++at;
          break;
        case ReviewDialogue::Command::kUndo:
          if (made_.empty()) {
            context_.out.WriteLine("nothing was decided in this session");
            break;
          }
          at = made_.back();
          made_.pop_back();
          decided_.erase(candidates_[at].id);
          GRE_RETURN_IF_ERROR(Store());
          break;
        case ReviewDialogue::Command::kDecide:
          decided_[candidate.id] = DecisionOf(choice, candidate);
          made_.push_back(at);
          GRE_RETURN_IF_ERROR(Store());
          break;
      }
    }
    return made_.size();
  }

  [[nodiscard]] int64_t Left() const {
    return static_cast<int64_t>(candidates_.size() - decided_.size());
  }

 private:
  static AnnotatorDecision DecisionOf(const ReviewChoice& choice, const TruthRecord& candidate) {
    AnnotatorDecision decision;
    decision.decision = choice.decision;
    decision.reasons = choice.reasons;
    const auto says = [&](char key) {
      return std::ranges::any_of(CandidateReasons(), [&](const ReviewReason& reason) {
        return reason.key == key &&
               std::ranges::find(choice.reasons, reason.name) != choice.reasons.end();
      });
    };
    decision.country = !says(kNeitherReason);
    decision.city = decision.country && !says(kCityReason);
    for (const std::string_view line : Split(choice.text, '\n')) {
      const std::string* const step = DraftStep(line, candidate.key_steps);
      if (step != nullptr) {
        decision.key_steps.push_back(*step);
      } else if (!Trim(line).empty()) {
        decision.key_steps.emplace_back(Trim(line));
      }
    }
    return decision;
  }

  Status Store() const {
    DecisionList list;
    for (const TruthRecord& candidate : candidates_) {
      const auto found = decided_.find(candidate.id);
      if (found != decided_.end()) list.emplace_back(candidate.id, found->second);
    }
    return WriteDecisionFile(options_.decisions, list);
  }

  void Show(const TruthRecord& candidate) {
    ReviewItem item;
    item.id = candidate.id;
    item.truth = candidate.point;
    if (const Country* country = FindCountry(TruthCountryCode(candidate))) {
      item.truth_country = country->name;
    }
    item.key_steps = candidate.key_steps;
    AddPhoto(candidate, item);
    for (const auto& [name, text] : candidate.labels)
      item.details.emplace_back("Label", Concat({name, ": ", text}));
    for (const std::string& text : candidate.indicators) item.details.emplace_back("Clue", text);
    for (const std::string& text : candidate.captions) item.details.emplace_back("Caption", text);
    const TerminalInfo& terminal = context_.out_terminal;
    context_.out.Write("\n" + RenderReviewScreen(item, namer_,
                                                 {.columns = terminal.columns,
                                                  .unicode = terminal.unicode,
                                                  .color = terminal.color,
                                                  .land = WorldLand()}));
  }

  // The picture and what its file tells; what is wrong with it is a finding.
  void AddPhoto(const TruthRecord& candidate, ReviewItem& item) const {
    const std::string& image = candidate.image.empty() ? candidate.id : candidate.image;
    item.photo_path = (std::filesystem::path(options_.photos) / image).string();
    const Result<std::string> bytes = ReadFile(item.photo_path);
    Result<RgbImage> photo =
        bytes.ok() ? DecodeImage(*bytes, item.photo_path) : Result<RgbImage>(bytes.error());
    if (!photo.ok()) {
      item.findings.push_back(photo.error().message);
      return;
    }
    if (!candidate.image_sha256.empty() && candidate.image_sha256 != Sha256Hex(*bytes)) {
      item.findings.emplace_back("the file is another one than that of the benchmark (SHA-256)");
    }
    item.details.emplace_back(
        "Size", Concat({std::to_string(photo->width), " x ", std::to_string(photo->height)}));
    item.photo = std::move(*photo);
    const PhotoMetadata metadata = ReadMetadata(*bytes);
    const auto add = [&](const char* name, const std::string& text) {
      if (!Trim(text).empty()) item.details.emplace_back(name, text);
    };
    add("Taken", metadata.taken_at);
    add("Camera", Concat({metadata.camera_make, " ", metadata.camera_model}));
    if (metadata.heading_deg) add("Heading", FormatFixed(*metadata.heading_deg, 0) + " degrees");
    if (metadata.gps) {
      add("GPS", Concat({FormatFixed(metadata.gps->latitude_deg, 4), ", ",
                         FormatFixed(metadata.gps->longitude_deg, 4)}));
    }
  }

  const BenchReviewOptions& options_;
  std::vector<TruthRecord> candidates_;
  CliContext& context_;
  PlaceNamer namer_;
  ReviewDialogue dialogue_;
  std::map<std::string, AnnotatorDecision, std::less<>> decided_;
  std::vector<size_t> made_;  // candidates decided in this session, in that order
};

Result<int64_t> RunReview(const BenchReviewOptions& options, CliContext& context) {
  const auto missing = [](const char* what) {
    return Error{ErrorCode::kInvalidArgument, std::string("'gre bench review' needs ") + what};
  };
  if (options.candidates.empty()) return missing("a benchmark that 'gre bench build' wrote");
  if (options.photos.empty()) return missing("--photos DIR");
  if (options.decisions.empty()) {
    return missing("--decisions NAME.csv, the annotator's own file, named after them");
  }
  if (context.json) {
    return Error{ErrorCode::kInvalidArgument, "--json: a session talks to a person"};
  }
  if (!DirectoryExists(options.photos)) {
    return Error{ErrorCode::kNotFound,
                 "--photos '" + options.photos + "': there is no such folder"};
  }
  GRE_RETURN_IF_ERROR(CheckOutputFiles({.inputs = {{"the candidates", options.candidates}},
                                        .outputs = {{"--decisions", options.decisions}},
                                        .force = true}));
  GRE_ASSIGN_OR_RETURN(TruthFile truth, ReadTruth(options.candidates, {}));
  GRE_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(options.decisions + ".lock"));
  CandidateSession session(options, std::move(truth.records), context);
  GRE_RETURN_IF_ERROR(session.Load());
  GRE_ASSIGN_OR_RETURN(const size_t made, session.Run());
  context.out.WriteLine(
      Concat({options.decisions, ": ", std::to_string(made), " decisions of this session, ",
              std::to_string(session.Left()), " candidates left"}));
  return session.Left();
}

}  // namespace

CommandSpec BenchReviewCommand() {
  const auto options = std::make_shared<BenchReviewOptions>();
  CommandSpec command;
  command.name = "review";
  command.summary = "Lets people keep, fix or drop the candidates of a benchmark";
  command.description =
      "Shows one candidate of 'gre bench build' after another: photo, what its file tells, the "
      "truth on a map, labels, the draft of the key steps. Asks whether country and city can be "
      "inferred, and takes corrected key steps. Each decision is stored at once; a session can be "
      "left and continued. The file is one annotator's, named after them; 'gre bench build "
      "--decisions' reads three or more and states their agreement.\n"
      "  gre bench review mine.jsonl --photos PHOTOS --decisions ann.csv";
  command.options = {
      {.name = "BENCHMARK",
       .value_name = "BENCHMARK",
       .help = "The benchmark that 'gre bench build' wrote",
       .target = &options->candidates,
       .positional = true,
       .configurable = false,
       .is_path = true},
      {.name = "photos",
       .value_name = "DIR",
       .help = "The folder of the photos",
       .target = &options->photos,
       .configurable = false,
       .is_path = true},
      {.name = "decisions",
       .value_name = "NAME.csv",
       .help = "The annotator's decisions; an unfinished file is continued",
       .target = &options->decisions,
       .configurable = false,
       .is_path = true},
  };
  command.run = [options](CliContext& context) -> ExitCode {
    const Result<int64_t> left = RunReview(*options, context);
    if (!left.ok()) return context.Fail(left.error());
    return context.Finish(kExitDone);
  };
  return command;
}

}  // namespace gre
