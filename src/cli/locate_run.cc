#include "cli/locate_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/locate_summary.h"
#include "cli/progress.h"
#include "cli/results_file.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "core/json.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "image/decode.h"
#include "image/metadata.h"
#include "knowledge/borders.h"
#include "localizer/locate_json.h"
#include "report/terminal_report.h"
#include "report/text_escape.h"
#include "report/world_land.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

// Failures of server or machine in a row, after which the other photos are not tried.
constexpr int kPatience = 4;

LocateResult FailedResult(const PhotoInput& input, Error error) {
  LocateResult result;
  result.file = input.id;
  result.error = std::move(error);
  return result;
}

// One run of the command over its photos.
class LocateRun {
 public:
  LocateRun(const LocateOptions& options, LocateJob job, CliContext& context)
      : options_(options),
        context_(context),
        inputs_(std::move(job.photos)),
        header_(std::move(job.header)),
        settings_hash_(std::move(job.settings_hash)),
        show_results_(job.show_results) {}

  ExitCode Run() {
    if (const Status status = Prepare(); !status.ok()) {
      return context_.Fail(status.error());
    }
    if (options_.dry_run) {
      return ListPlan();
    }
    Progress progress({.enabled = !context_.quiet && inputs_.size() > 1,
                       .terminal = context_.err_terminal,
                       .label = "locating",
                       .unit = "photos"},
                      static_cast<int64_t>(inputs_.size()));
    progress_ = &progress;
    ShowEarlier();
    const auto batch_size = static_cast<size_t>(BatchSize(options_.engine));
    for (size_t next = 0; next < inputs_.size() && !Stopped();) {
      if (failures_in_a_row_ >= kPatience) {
        const Status status = GiveUp(next);
        progress.Clear();
        return WriteFile(status.ok() ? kExitEnvironment : ExitCodeOf(status.error()),
                         status.ok() ? nullptr : &status.error());
      }
      std::vector<size_t> batch;
      for (; next < inputs_.size() && batch.size() < batch_size; ++next) {
        if (!done_[next]) {
          batch.push_back(next);
        }
      }
      if (const Status status = LocateBatch(batch); !status.ok()) {
        progress.Clear();
        return WriteFile(ExitCodeOf(status.error()), &status.error());
      }
    }
    progress.Clear();
    if (engine_failures_ > 0) {
      return WriteFile(kExitEnvironment, nullptr);
    }
    return WriteFile(failures_ > 0 ? kExitSomeFailed : kExitDone, nullptr);
  }

 private:
  struct Photo {
    size_t index = 0;
    LocateRequest request;
  };

  Status Prepare() {
    done_.resize(inputs_.size());
    if (options_.out.empty()) return {};
    GRE_ASSIGN_OR_RETURN(
        file_,
        ResultsFile::Open(
            {.path = options_.out,
             .cache_dir = context_.cache_directory(),
             .settings_hash = settings_hash_,
             .header = header_,
             .force = options_.force,
             .read_only = options_.dry_run,
             .single = inputs_.size() == 1,
             .html = {.photo = {}, .world = {WorldLand(), WorldBorders()}, .version = kVersion}}));
    for (size_t i = 0; i < inputs_.size(); ++i) {
      // Before the photo is read: a change in between makes the next run read it again.
      photos_.push_back({PhotoPlaceHash(inputs_[i]), PhotoState(inputs_[i])});
      done_[i] = Earlier(i) != nullptr;
      skipped_ += done_[i] ? 1 : 0;
    }
    finished_ = static_cast<int64_t>(skipped_);
    return {};
  }

  [[nodiscard]] const LocateResult* Earlier(size_t index) const {
    return file_->Find({inputs_[index].id, photos_[index].source}, photos_[index].state);
  }

  // What is done already belongs to the answer as well.
  void ShowEarlier() {
    for (size_t i = 0; i < inputs_.size() && skipped_ > 0; ++i) {
      if (done_[i]) {
        Show(*Earlier(i));
      }
    }
  }

  ExitCode ListPlan() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const std::string action = done_[i] ? "done" : "locate";
      context_.out.WriteLine(context_.json
                                 ? DumpJson(Json{{"file", inputs_[i].id}, {"action", action}})
                                 : action + (done_[i] ? "    " : "  ") + PlainLine(inputs_[i].id));
    }
    return kExitDone;
  }

  [[nodiscard]] bool Stopped() const {
    return context_.cancellation().IsCancelled() || (context_.out.closed() && !file_);
  }

  // Photos that cannot be read become failed results; the Status is for what ends the whole run.
  Status LocateBatch(const std::vector<size_t>& batch) {
    std::vector<Photo> photos;
    for (const size_t index : batch) {
      const Clock::time_point start = Clock::now();
      Result<LocateRequest> request = Load(index);
      if (!request.ok()) {
        if (request.error().code == ErrorCode::kCancelled) {
          return {};
        }
        GRE_RETURN_IF_ERROR(Keep(index, FailedResult(inputs_[index], request.error())));
      } else if (options_.metadata_only) {
        GRE_RETURN_IF_ERROR(Keep(index, MetadataResult(*request, start), request->image.get()));
      } else {
        photos.push_back({index, std::move(*request)});
      }
    }
    return photos.empty() ? Status() : AskModel(photos);
  }

  Result<LocateRequest> Load(size_t index) {
    const PhotoInput& input = inputs_[index];
    const DeadlineScope deadline(options_.engine.timeout_s);
    Result<std::string> bytes = ReadPhoto(input, deadline.token());
    if (!bytes.ok()) {
      Error error = std::move(bytes).error();
      NameTimeout(error, deadline);
      return error;
    }
    if (file_ && input.kind == PhotoInput::Kind::kStandardInput) {
      photos_[index].source = Sha256Hex(*bytes).substr(0, 16);  // nothing else tells two apart
    }
    LocateRequest request;
    request.file = input.id;
    if (!options_.ignore_metadata) {
      const PhotoMetadata metadata = ReadMetadata(*bytes);
      request.metadata_gps = metadata.gps;
      if (!metadata.problems.empty()) {
        progress_->Clear();
        LogWarning(PlainLine(input.id + ": " + metadata.problems));
      }
    }
    GRE_ASSIGN_OR_RETURN(RgbImage image, DecodeImage(*bytes, input.id));
    request.image = std::make_shared<const RgbImage>(std::move(image));
    return request;
  }

  static LocateResult MetadataResult(const LocateRequest& request, Clock::time_point start) {
    LocateResult result;
    result.file = request.file;
    result.metadata_gps = request.metadata_gps;
    result.status = request.metadata_gps ? LocateStatus::kOk : LocateStatus::kAbstained;
    if (!request.metadata_gps) {
      result.abstention_reason = "the file carries no usable GPS position";
    }
    result.timing.total_ms =
        std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    return result;
  }

  Status AskModel(const std::vector<Photo>& photos) {
    if (!locator_) {  // not before the first photo that needs it
      GRE_ASSIGN_OR_RETURN(locator_, MakeLocator(options_, context_.environment()));
    }
    std::vector<LocateRequest> requests;
    for (const Photo& photo : photos) {
      requests.push_back(photo.request);
    }
    const DeadlineScope deadline(options_.engine.timeout_s);
    std::vector<LocateResult> results =
        locator_->localizer->Locate(requests, MakeStream(), deadline.token());
    if (streamed_) {
      context_.out.Write("\n\n");
    }
    for (size_t i = 0; i < photos.size(); ++i) {
      const bool stopped = results[i].error && results[i].error->code == ErrorCode::kCancelled;
      if (context_.cancellation().IsCancelled() &&
          (stopped || results[i].samples < locator_->samples)) {
        continue;  // not what a whole run would find: the next one does it
      }
      if (stopped) {
        results[i].error = Error{ErrorCode::kDeadlineExceeded, photos[i].request.file};
      }
      if (results[i].error) {
        NameTimeout(*results[i].error, deadline);
      }
      CountFailure(results[i].error);
      GRE_RETURN_IF_ERROR(Keep(photos[i].index, results[i], photos[i].request.image.get()));
    }
    return {};
  }

  // Says what the time limit was, and keeps what was known when it ran out.
  void NameTimeout(Error& error, const DeadlineScope& deadline) const {
    if (error.code == ErrorCode::kDeadlineExceeded && deadline.token().DeadlineExceeded()) {
      error.message +=
          ": no answer within " + FormatShortest(options_.engine.timeout_s) + " s (--timeout)";
    }
  }

  void CountFailure(const std::optional<Error>& error) {
    // A server without an answer in time is a server that is not there; a model on this machine
    // that needs longer than --timeout allows is not at fault.
    const bool hung =
        error && error->code == ErrorCode::kDeadlineExceeded && !options_.engine.api_url.empty();
    const bool lacking =
        error && (hung || error->code == ErrorCode::kUnavailable ||
                  error->code == ErrorCode::kNotFound || error->code == ErrorCode::kRefused);
    engine_failures_ += lacking ? 1 : 0;
    failures_in_a_row_ = lacking ? failures_in_a_row_ + 1 : 0;
    if (lacking) {
      last_failure_ = *error;
    }
  }

  // What failed for several photos in a row would fail for the others too: they get records that
  // say so, from input `next` on.
  Status GiveUp(size_t next) {
    size_t left = 0;
    for (; next < inputs_.size(); ++next) {
      if (done_[next]) {
        continue;
      }
      ++left;
      LocateResult result = FailedResult(inputs_[next], last_failure_);
      result.error->message = "not tried after " + std::to_string(failures_in_a_row_) +
                              " failures in a row: " + last_failure_.message;
      GRE_RETURN_IF_ERROR(context_.json ? Keep(next, result) : Record(next, result));
    }
    if (left > 0) {
      progress_->Clear();
      context_.PrintError(
          {last_failure_.code, std::to_string(left) + " more photos were not tried after " +
                                   std::to_string(failures_in_a_row_) + " failures in a row"});
    }
    return {};
  }

  StreamCallback MakeStream() {
    if (!options_.stream || context_.json) {
      return {};
    }
    return [this](const StreamEvent& event) {
      if (event.sample_index != 0) {
        return;
      }
      streamed_ = true;
      std::string text;
      for (const std::string_view line : Split(event.text, '\n')) {
        text += (text.empty() && line.data() == event.text.data() ? "" : "\n") + PlainLine(line);
      }
      context_.out.Write(text);
    };
  }

  // Stores and counts a result.
  Status Record(size_t index, const LocateResult& result, const RgbImage* photo = nullptr) {
    if (file_) {
      GRE_RETURN_IF_ERROR(file_->Add({photos_[index].source, photos_[index].state, result}, photo));
    }
    failures_ += result.status == LocateStatus::kFailed ? 1 : 0;
    done_[index] = true;
    ++finished_;
    return {};
  }

  // The same, and shows it.
  Status Keep(size_t index, const LocateResult& result, const RgbImage* photo = nullptr) {
    GRE_RETURN_IF_ERROR(Record(index, result, photo));
    if (!context_.out.closed()) {
      Show(result);
    }
    progress_->Update(finished_, static_cast<int64_t>(skipped_),
                      failures_ > 0 ? std::to_string(failures_) + " failed" : std::string());
    return {};
  }

  void Show(const LocateResult& result) {
    progress_->Clear();
    if (context_.json && show_results_) {
      context_.out.WriteLine(LocateJson(result));
      return;
    }
    if (result.error) {
      const std::string& message = result.error->message;
      const bool names_photo = inputs_.size() == 1 || message.starts_with(result.file);
      context_.PrintError(
          {result.error->code, PlainLine(names_photo ? message : result.file + ": " + message)});
      return;
    }
    if (inputs_.size() > 1 || !show_results_) {
      if (show_results_ && (!context_.quiet || !file_)) {
        context_.out.WriteLine(LocateSummary(result));
      }
      return;
    }
    context_.out.Write(RenderTerminalReport(result, {.columns = context_.out_terminal.columns,
                                                     .unicode = context_.out_terminal.unicode,
                                                     .color = context_.out_terminal.color,
                                                     .show_map = !options_.metadata_only,
                                                     .show_model_hint = !context_.quiet,
                                                     .land = WorldLand()}));
  }

  // Ends the run: what is done goes into the file, whatever stopped it.
  ExitCode WriteFile(ExitCode code, const Error* error) {
    if (error != nullptr) {
      context_.Fail(*error);
    }
    if (!file_) {
      if (error == nullptr && context_.cancellation().IsCancelled()) SayWhatIsLeft();
      return code;
    }
    std::vector<ResultsJournal::Key> order;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      order.emplace_back(inputs_[i].id, photos_[i].source);
    }
    const bool complete = error == nullptr && !Stopped();
    const Status status = file_->Finish(order, complete);
    if (!status.ok() && error == nullptr) {
      return context_.Fail(status.error());
    }
    if (error == nullptr && context_.cancellation().IsCancelled()) SayWhatIsLeft();
    if (skipped_ > 0) {
      context_.Note(std::to_string(skipped_) + " of " + std::to_string(inputs_.size()) +
                    " photos were done before (--force does them again)");
    }
    return code;
  }

  // After Ctrl-C.
  void SayWhatIsLeft() const {
    if (inputs_.size() == 1) {
      return context_.PrintError({ErrorCode::kCancelled, "interrupted; the photo was not located"});
    }
    std::string text = Concat({"interrupted after ", std::to_string(finished_), " of ",
                               std::to_string(inputs_.size()), " photos; "});
    if (!file_) {
      text += "run again with --out FILE to be able to go on after an interruption";
    } else if (file_->replaces()) {
      text += Concat({options_.out,
                      " is still the old one; the same command without --force goes "
                      "on and replaces it at its end"});
    } else {
      text += Concat({"they are in ", options_.out, "; the same command",
                      options_.force ? " without --force" : "", " goes on"});
    }
    context_.PrintError({ErrorCode::kCancelled, text});
  }

  // Of a photo, for the results file.
  struct PhotoMark {
    std::string source;
    std::string state;
  };

  const LocateOptions& options_;
  CliContext& context_;
  std::vector<PhotoInput> inputs_;
  std::string header_;
  std::string settings_hash_;
  bool show_results_;
  std::vector<PhotoMark> photos_;  // by input, with --out
  std::vector<bool> done_;         // by input
  std::optional<ResultsFile> file_;
  std::optional<LocatorParts> locator_;
  Progress* progress_ = nullptr;
  size_t skipped_ = 0;  // done by an earlier run
  int64_t finished_ = 0;
  size_t failures_ = 0;
  size_t engine_failures_ = 0;  // of them, because server or machine lack something
  int failures_in_a_row_ = 0;   // of a kind that the next photo would meet, too
  Error last_failure_;          // the last one of these
  bool streamed_ = false;
};

}  // namespace

ExitCode RunLocate(const LocateOptions& options, LocateJob job, CliContext& context) {
  return LocateRun(options, std::move(job), context).Run();
}

}  // namespace gre
