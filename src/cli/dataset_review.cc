// gre dataset review: what people decide about chains, in the terminal or in plain files.
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/context.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/review_dialogue.h"
#include "core/file.h"
#include "core/strings.h"
#include "dataset/photo_table.h"
#include "dataset/review/adjudication.h"
#include "dataset/review/review_files.h"
#include "dataset/review/review_table.h"
#include "dataset/teacher/reply_table.h"
#include "image/decode.h"
#include "knowledge/country_facts.h"
#include "knowledge/place_namer.h"
#include "reasoning/chain.h"
#include "report/review_screen.h"
#include "report/world_land.h"

namespace gre {
namespace {

struct ReviewOptions {
  DatasetOptions dataset;
  std::string part = "cot";
  std::string annotator;
  std::string adjudicator;
  std::string write;
  std::vector<std::string> read;
  bool apply = false;
  bool force = false;
  int64_t min_annotators = 3;
};

// One annotator's session: entries one after another, each decision stored at once.
class ReviewSession {
 public:
  ReviewSession(Dataset& dataset, DataPart part, std::string annotator, CliContext& context)
      : part_(part),
        annotator_(std::move(annotator)),
        context_(context),
        dataset_(dataset),
        reviews_(dataset.database()),
        photos_(dataset.database()),
        replies_(dataset.database()),
        namer_(PlaceNamer::Open(context.cache_directory() + "/geodata")),
        dialogue_({.reasons = ReviewReasons(), .fix = "the corrected reply"}, context) {}

  Result<int64_t> Run() {
    GRE_ASSIGN_OR_RETURN(left_, reviews_.CountUndecided(part_, annotator_));
    context_.out.WriteLine(std::to_string(left_) + " entries of '" +
                           std::string(DataPartName(part_)) + "' are undecided by " + annotator_ +
                           "; ? for help");
    while (!stopped_) {
      GRE_ASSIGN_OR_RETURN(const std::vector<DataEntry> next,
                           reviews_.Undecided(part_, annotator_, after_photo_, after_reply_, 1));
      if (next.empty()) break;
      GRE_RETURN_IF_ERROR(Show(next.front()));
      GRE_RETURN_IF_ERROR(Ask(next.front()));
    }
    return decided_;
  }

 private:
  Status Show(const DataEntry& entry) {
    ReviewItem item;
    GRE_ASSIGN_OR_RETURN(const std::optional<Photo> photo, photos_.Get(entry.photo));
    item.id = photo->id;
    item.truth = photo->point;
    if (const Country* country = FindCountry(photo->country_code)) {
      item.truth_country = country->name;
    }
    item.label = entry.label;
    if (!photo->sha256.empty()) {
      item.photo_path = dataset_.images().PathOf(photo->sha256, photo->extension);
      Result<RgbImage> image = DecodeImageFile(item.photo_path);
      if (image.ok()) item.photo = std::move(*image);
    }
    if (entry.reply != 0) {
      GRE_ASSIGN_OR_RETURN(const std::optional<Reply> reply, replies_.Get(entry.reply));
      item.answer = reply->point;
      item.chain = ParseChain(reply->text);
      item.findings = Findings(reply->findings);
    }
    const TerminalInfo& terminal = context_.out_terminal;
    context_.out.Write("\n" + RenderReviewScreen(item, namer_,
                                                 {.columns = terminal.columns,
                                                  .unicode = terminal.unicode,
                                                  .color = terminal.color,
                                                  .land = WorldLand()}));
    return {};
  }

  static std::vector<std::string> Findings(const std::string& json) {
    std::vector<std::string> lines;
    const nlohmann::json findings = nlohmann::json::parse(json, nullptr, false);
    if (!findings.is_array()) return lines;
    for (const auto& finding : findings) {
      lines.push_back(Concat({"step ", std::to_string(finding.value("step", 0) + 1), " says ",
                              finding.value("claimed", ""), ", the ", finding.value("against", ""),
                              " is ", finding.value("expected", "")}));
    }
    return lines;
  }

  // Until the entry is decided, skipped or the session ends.
  Status Ask(const DataEntry& entry) {
    for (;;) {
      ReviewChoice choice;
      switch (dialogue_.Ask(left_, choice)) {
        case ReviewDialogue::Command::kQuit:
          stopped_ = true;
          return {};
        case ReviewDialogue::Command::kSkip:
          after_photo_ = entry.photo;
          after_reply_ = entry.reply;
          return {};
        case ReviewDialogue::Command::kUndo:
          if (last_) return Undo();
          context_.out.WriteLine("nothing was decided in this session");
          break;
        case ReviewDialogue::Command::kDecide:
          return Decide({.part = part_,
                         .photo = entry.photo,
                         .reply = entry.reply,
                         .annotator = annotator_,
                         .decision = choice.decision,
                         .reasons = std::move(choice.reasons),
                         .chain = std::move(choice.text)});
      }
    }
  }

  Status Decide(Review review) {
    GRE_RETURN_IF_ERROR(reviews_.Put(review));
    last_ = std::move(review);
    ++decided_;
    --left_;
    return {};
  }

  Status Undo() {
    GRE_RETURN_IF_ERROR(reviews_.Remove(*last_));
    after_photo_ = last_->photo;
    after_reply_ = last_->reply - 1;
    last_.reset();
    ++left_;
    --decided_;
    return {};
  }

  DataPart part_;
  std::string annotator_;
  CliContext& context_;
  Dataset& dataset_;
  ReviewTable reviews_;
  PhotoTable photos_;
  ReplyTable replies_;
  PlaceNamer namer_;
  ReviewDialogue dialogue_;
  int64_t left_ = 0, decided_ = 0;
  int64_t after_photo_ = 0, after_reply_ = 0;
  std::optional<Review> last_;
  bool stopped_ = false;
};

nlohmann::ordered_json Describe(const AdjudicationSummary& summary) {
  return {
      {"entries", summary.entries},
      {"reviewed", summary.reviewed},
      {"kept", summary.kept},
      {"fixed", summary.fixed},
      {"dropped", summary.dropped},
      {"too_few_annotators", summary.too_few},
      {"open", summary.open},
      {"fleiss_kappa", summary.agreement.kappa ? nlohmann::ordered_json(*summary.agreement.kappa)
                                               : nlohmann::ordered_json(nullptr)}};
}

void Print(const AdjudicationSummary& summary, const ReviewOptions& options, CliContext& context) {
  if (context.json) return;
  const auto count = [](auto number) { return std::to_string(number); };
  context.out.WriteLine(count(summary.reviewed) + " of " + count(summary.entries) +
                        " entries are reviewed: " + count(summary.kept) + " kept, " +
                        count(summary.fixed) + " fixed, " + count(summary.dropped) + " dropped");
  context.out.WriteLine("agreement (Fleiss' kappa of " + count(summary.agreement.subjects) +
                        " entries): " +
                        (summary.agreement.kappa ? FormatFixed(*summary.agreement.kappa, 2)
                                                 : std::string("undefined")));
  if (summary.too_few > 0) {
    context.out.WriteLine(count(summary.too_few) + " entries have fewer than " +
                          count(options.min_annotators) + " annotators and stay 'none'");
  }
  for (const std::string& id : summary.open) {
    context.out.WriteLine("to adjudicate (--adjudicator NAME decides): " + id);
  }
}

Result<DatasetOutcome> Run(Dataset& dataset, const ReviewOptions& options, CliContext& context) {
  const DataPart part = ParseDataPart(options.part).value_or(DataPart::kCot);
  DatasetOutcome outcome;
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const std::string& path : options.read) {
    GRE_ASSIGN_OR_RETURN(const int64_t count, ReadReviews(dataset, path));
    if (!context.json) context.out.WriteLine(path + ": " + std::to_string(count) + " decisions");
    json["read"] = json.value("read", int64_t{0}) + count;
  }
  if (!options.annotator.empty() && options.write.empty() && options.read.empty()) {
    GRE_ASSIGN_OR_RETURN(const int64_t decided,
                         ReviewSession(dataset, part, options.annotator, context).Run());
    context.out.WriteLine(std::to_string(decided) + " decisions stored");
    json["decided"] = decided;
  }
  if (options.apply) {
    GRE_ASSIGN_OR_RETURN(const AdjudicationSummary summary,
                         ApplyReviews(dataset, part,
                                      {.min_annotators = options.min_annotators,
                                       .adjudicator = options.adjudicator}));
    Print(summary, options, context);
    json["applied"] = Describe(summary);
    if (!summary.open.empty()) outcome.code = kExitSomeFailed;
  }
  if (!options.write.empty()) {
    GRE_ASSIGN_OR_RETURN(const int64_t count,
                         WriteReviews(dataset, part, options.annotator, options.write));
    if (!context.json) {
      context.out.WriteLine(options.write + ": " + std::to_string(count) + " decisions");
    }
    json["written"] = count;
  }
  outcome.summary = json.dump();
  return outcome;
}

Status Check(const ReviewOptions& options, const CliContext& context) {
  const bool session = !options.annotator.empty() && options.write.empty() && options.read.empty();
  if (!session && options.write.empty() && options.read.empty() && !options.apply) {
    return Error{ErrorCode::kInvalidArgument,
                 "'gre dataset review' needs --annotator NAME (a session in the terminal), --read "
                 "FILE, --write FILE or --apply"};
  }
  if (session && context.json) {
    return Error{ErrorCode::kInvalidArgument, "--json: a session talks to a person"};
  }
  if (!options.write.empty() && !options.force && FileExists(options.write)) {
    return Error{ErrorCode::kInvalidArgument,
                 "--write: '" + options.write + "' exists; --force overwrites it"};
  }
  return {};
}

std::vector<OptionSpec> OwnSpecs(ReviewOptions& options) {
  return {
      {.name = "part",
       .value_name = "PART",
       .help = "What is reviewed",
       .target = &options.part,
       .choices = {"cot", "judge", "seed"}},
      {.name = "annotator",
       .value_name = "NAME",
       .help = "Who decides: opens a session in the terminal; with --write, whose decisions",
       .target = &options.annotator},
      {.name = "read",
       .value_name = "FILE.csv",
       .help = "Takes over decisions that --write wrote elsewhere; may be repeated",
       .target = &options.read,
       .configurable = false,
       .is_path = true},
      {.name = "write",
       .value_name = "FILE.csv",
       .help = "Writes the decisions",
       .target = &options.write,
       .configurable = false,
       .is_path = true},
      {.name = "force",
       .help = "Overwrite the file of --write",
       .target = &options.force,
       .configurable = false},
      {.name = "apply",
       .help = "Applies what the annotators decided to the data and states their agreement",
       .target = &options.apply,
       .configurable = false},
      {.name = "adjudicator",
       .value_name = "NAME",
       .help = "With --apply: the annotator whose decision ends a tie",
       .target = &options.adjudicator},
      {.name = "min-annotators",
       .value_name = "N",
       .help = "With --apply: fewer decisions count for nothing",
       .target = &options.min_annotators,
       .min = 1,
       .max = 100},
  };
}

}  // namespace

CommandSpec DatasetReviewCommand() {
  const auto options = std::make_shared<ReviewOptions>();
  CommandSpec command;
  command.name = "review";
  command.summary = "Lets people keep, fix or drop records, and applies what they agree on";
  command.description =
      "Shows one record after another: photo, truth and answer on a map, the chain step by step. "
      "Each "
      "decision is stored at once; a session can be left and continued. Nothing is decided by the "
      "program: data that nobody reviewed says 'reviewed: none'.\n"
      "  gre dataset review DIR --annotator ann\n"
      "  gre dataset review DIR --annotator ann --write ann.csv\n"
      "  gre dataset review DIR --read ben.csv --read cleo.csv --apply";
  command.options = DatasetOptionSpecs(options->dataset);
  Append(command.options, OwnSpecs(*options));
  const std::vector<OptionSpec> settings = command.options;
  command.run = [options, settings](CliContext& context) -> ExitCode {
    if (const Status status = Check(*options, context); !status.ok()) {
      return context.Fail(status.error());
    }
    return RunOnDataset(options->dataset, DatasetAccess::kOpen, "review", settings, context,
                        [&](Dataset& dataset) { return Run(dataset, *options, context); });
  };
  return command;
}

}  // namespace gre
