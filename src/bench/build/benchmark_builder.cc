#include "bench/build/benchmark_builder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/build/photo_annotator.h"
#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "image/decode.h"

namespace gre {
namespace {

// A photo on its way through the stages.
struct Candidate {
  TruthRecord record;
  std::string path;
};

class Builder {
 public:
  Builder(const BuildTools& tools, const BuildOptions& options, ResultJournal& journal,
          const std::function<void(const BuildProgress&)>& progress,
          const CancellationToken& cancellation)
      : tools_(tools),
        options_(options),
        journal_(journal),
        progress_(progress),
        cancellation_(cancellation) {}

  Result<BuiltBenchmark> Run(std::vector<Candidate> candidates) {
    candidates_ = std::move(candidates);
    GRE_RETURN_IF_ERROR(ReadPhotos());
    GRE_RETURN_IF_ERROR(DropFaces());
    GRE_RETURN_IF_ERROR(MatchClues());
    GRE_RETURN_IF_ERROR(ApplyDecisions());
    GRE_RETURN_IF_ERROR(Label());
    GRE_RETURN_IF_ERROR(DraftKeySteps());
    ReviseKeySteps();
    for (Candidate& candidate : candidates_) built_.records.push_back(std::move(candidate.record));
    return std::move(built_);
  }

 private:
  BuildStage& Begin(std::string name, std::string skipped, std::string tool) {
    BuildStage stage{.name = std::move(name)};
    stage.skipped = std::move(skipped);
    stage.tool = stage.skipped.empty() ? std::move(tool) : std::string();
    stage.photos = candidates_.size();
    return built_.stages.emplace_back(std::move(stage));
  }

  // Calls look(candidate) for every photo; what it returns is why the photo is dropped, or nothing.
  template <typename Look>
  Status ForEach(BuildStage& stage, const Look& look) {
    std::vector<Candidate> kept;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (cancellation_.IsCancelled()) return Cancelled();
      if (progress_) progress_({stage.name, i, candidates_.size()});
      Result<std::optional<std::string>> reason = look(candidates_[i]);
      if (!reason.ok()) return std::move(reason).error();
      if (*reason) {
        ++stage.dropped;
        built_.dropped.push_back({candidates_[i].record.id, stage.name, std::move(**reason)});
      } else {
        kept.push_back(std::move(candidates_[i]));
      }
    }
    candidates_ = std::move(kept);
    return {};
  }

  static Error Cancelled() { return {ErrorCode::kCancelled, "the build was interrupted"}; }

  void Fail(BuildStage& stage, const Candidate& candidate, const std::string& why) {
    ++stage.failed;
    built_.failures.push_back(candidate.record.id + ": " + stage.name + ": " + why);
  }

  // The result of the journal, else of `compute`, which is then kept.
  template <typename Compute>
  Result<Json> Remember(const std::string& stage, const std::string& photo,
                        const std::string& settings, const Compute& compute) {
    if (const auto known = journal_.Find(stage, photo, settings)) return ParseJson(*known);
    Result<Json> value = compute();
    if (!value.ok()) return std::move(value).error();
    GRE_RETURN_IF_ERROR(journal_.Add(stage, photo, settings, DumpJson(*value)));
    return value;
  }

  using Reason = std::optional<std::string>;

  // Changes when the file does.
  static std::string FileState(const std::string& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error) return {};
    const auto time = std::filesystem::last_write_time(path, error).time_since_epoch().count();
    return std::to_string(bytes) + ":" + std::to_string(time);
  }

  Status ReadPhotos() {
    BuildStage& stage = Begin("photo", "", "");
    std::map<std::string, std::string> ids;  // by hash
    return ForEach(stage, [&](Candidate& candidate) -> Result<Reason> {
      GRE_ASSIGN_OR_RETURN(
          const Json seen,
          Remember("photo", candidate.path, FileState(candidate.path), [&]() -> Result<Json> {
            const auto bytes = ReadFile(candidate.path);
            if (!bytes.ok()) return Json{{"error", bytes.error().message}};
            const auto image = DecodeImage(*bytes, candidate.record.id);
            if (!image.ok()) return Json{{"error", image.error().message}};
            return Json{{"sha256", Sha256Hex(*bytes)}};
          }));
      if (std::string error = TextOf(seen, "error"); !error.empty()) {
        built_.failures.push_back(candidate.record.id + ": photo: " + error);
        return Reason(std::move(error));
      }
      candidate.record.image_sha256 = TextOf(seen, "sha256");
      const auto [first, is_new] = ids.emplace(candidate.record.image_sha256, candidate.record.id);
      if (!is_new) return Reason("the same file as " + first->second);
      return Reason();
    });
  }

  Status DropFaces() {
    BuildStage& stage = Begin("faces", tools_.faces == nullptr ? tools_.no_faces : "",
                              tools_.faces == nullptr ? "" : tools_.faces->name());
    if (!stage.skipped.empty()) return {};
    return ForEach(stage, [&](Candidate& candidate) -> Result<Reason> {
      GRE_ASSIGN_OR_RETURN(
          const Json seen,
          Remember(
              "faces", candidate.record.image_sha256, tools_.faces->name(), [&]() -> Result<Json> {
                GRE_ASSIGN_OR_RETURN(const RgbImage image, DecodeImageFile(candidate.path));
                GRE_ASSIGN_OR_RETURN(const std::vector<FaceBox> faces, tools_.faces->Detect(image));
                return Json{{"share", LargestFaceShare(image, faces)}};
              }));
      const auto found = seen.is_object() ? seen.find("share") : seen.end();
      const double share = found != seen.end() && found->is_number() ? found->get<double>() : 0;
      if (share <= options_.max_face_share) return Reason();
      return Reason("a face covers " + FormatFixed(100 * share, 0) + " % of it");
    });
  }

  Status MatchClues() {
    BuildStage& stage = Begin("clues", tools_.clues ? "" : tools_.no_clues, tools_.clues_settings);
    if (!stage.skipped.empty()) return {};
    return ForEach(stage, [&](Candidate& candidate) -> Result<Reason> {
      GRE_ASSIGN_OR_RETURN(
          const Json seen,
          Remember(
              "clues", candidate.record.image_sha256, tools_.clues_settings, [&]() -> Result<Json> {
                GRE_ASSIGN_OR_RETURN(const RgbImage image, DecodeImageFile(candidate.path));
                GRE_ASSIGN_OR_RETURN(const std::vector<ClueMatch> matches, tools_.clues(image));
                Json list = Json::array();
                for (const ClueMatch& match : matches) {
                  list.push_back({match.text, match.similarity});
                }
                return list;
              }));
      double best = -1;
      for (const Json& match : seen) {
        if (!match.is_array() || match.size() != 2 || !match[0].is_string() ||
            !match[1].is_number()) {
          continue;
        }
        const double similarity = match[1].get<double>();
        best = std::max(best, similarity);
        if (similarity >= options_.min_similarity &&
            candidate.record.indicators.size() < options_.max_clues) {
          candidate.record.indicators.push_back(match[0].get<std::string>());
        }
      }
      if (best >= options_.min_similarity) return Reason();
      return Reason("its best similarity to the indicator corpus is " + FormatFixed(best, 3));
    });
  }

  Status ApplyDecisions() {
    BuildStage& stage =
        Begin("decisions", tools_.decisions == nullptr ? tools_.no_decisions : "", "");
    if (!stage.skipped.empty()) return {};
    for (const std::string& annotator : tools_.decisions->annotators) {
      stage.tool.append(stage.tool.empty() ? "" : ", ").append(annotator);
    }
    built_.agreement = MeasureAgreement(*tools_.decisions);
    built_.reviewed = stage.tool;
    return ForEach(stage, [&](Candidate& candidate) -> Result<Reason> {
      const auto found = tools_.decisions->photos.find(candidate.record.id);
      if (found == tools_.decisions->photos.end()) {
        return Error{ErrorCode::kInvalidInput, "the annotators' files: expected a decision on '" +
                                                   candidate.record.id + "', found none"};
      }
      if (DropVotes(found->second) < options_.drop_votes) return Reason();
      return Reason(DropReason(found->second));
    });
  }

  // Asks the engine about the photos that the journal does not know, in batches.
  // obstacle(candidate): why it cannot be asked about, or "". make(candidate, image): the request.
  // read(answer): JSON to keep. use(candidate, json).
  template <typename Obstacle, typename Make, typename Read, typename Use>
  Status Ask(BuildStage& stage, const std::string& settings, const Obstacle& obstacle,
             const Make& make, const Read& read, const Use& use) {
    std::vector<Candidate*> open;
    for (Candidate& candidate : candidates_) {
      if (const std::string why = obstacle(candidate); !why.empty()) {
        Fail(stage, candidate, why);
        continue;
      }
      const auto known = journal_.Find(stage.name, candidate.record.image_sha256, settings);
      if (!known) {
        open.push_back(&candidate);
      } else if (const auto json = ParseJson(*known); json.ok()) {
        use(candidate, *json);
      }
    }
    const size_t known = candidates_.size() - open.size();
    const auto batch = static_cast<size_t>(options_.engine_batch);
    for (size_t begin = 0; begin < open.size(); begin += batch) {
      if (progress_) progress_({stage.name, known + begin, candidates_.size()});
      std::vector<GenerationRequest> requests;
      std::vector<Candidate*> asked;
      for (size_t i = begin; i < std::min(open.size(), begin + batch); ++i) {
        Result<RgbImage> image = DecodeImageFile(open[i]->path);
        if (!image.ok()) {
          Fail(stage, *open[i], image.error().message);
          continue;
        }
        GRE_ASSIGN_OR_RETURN(GenerationRequest request,
                             make(*open[i], std::make_shared<const RgbImage>(std::move(*image))));
        requests.push_back(std::move(request));
        asked.push_back(open[i]);
      }
      const auto results = tools_.engine->Generate(requests, {}, cancellation_);
      if (cancellation_.IsCancelled()) return Cancelled();
      for (size_t i = 0; i < asked.size(); ++i) {
        if (!results[i].ok()) {
          Fail(stage, *asked[i], results[i].error().message);
          continue;
        }
        const Result<Json> value = read(results[i]->completions.front().text);
        if (!value.ok()) {
          Fail(stage, *asked[i], value.error().message);
          continue;
        }
        GRE_RETURN_IF_ERROR(
            journal_.Add(stage.name, asked[i]->record.image_sha256, settings, DumpJson(*value)));
        use(*asked[i], *value);
      }
    }
    return {};
  }

  // Values of the journal, which is a file that anybody can change.
  static std::string TextOf(const Json& json, const char* key) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  static std::vector<std::string> TextsOf(const Json& json, const char* key) {
    std::vector<std::string> texts;
    const auto found = json.is_object() ? json.find(key) : json.end();
    if (found == json.end() || !found->is_array()) return texts;
    for (const Json& text : *found) {
      if (text.is_string()) texts.push_back(text.get<std::string>());
    }
    return texts;
  }

  Status Label() {
    const bool ready = tools_.engine != nullptr;
    BuildStage& stage = Begin("labels", ready ? "" : tools_.no_engine, tools_.engine_settings);
    if (!ready) return {};
    const std::string settings = tools_.engine_settings + " " + tools_.label_prompt->hash();
    return Ask(
        stage, settings, [](const Candidate&) { return std::string(); },
        [&](const Candidate& candidate, std::shared_ptr<const RgbImage> image) {
          return LabelRequest(*tools_.label_prompt, candidate.record.id, std::move(image),
                              options_.seed);
        },
        [](std::string_view answer) -> Result<Json> {
          GRE_ASSIGN_OR_RETURN(const PhotoLabels labels, ReadPhotoLabels(answer));
          return Json{{"category", labels.category},
                      {"indicator", labels.indicator},
                      {"clues", labels.clues},
                      {"caption", labels.caption}};
        },
        [](Candidate& candidate, const Json& json) {
          TruthRecord& record = candidate.record;
          const std::string category = TextOf(json, "category");
          record.labels["category"] = category;
          for (const SceneCategory& scene : SceneCategories()) {
            if (scene.name == category) record.labels["environment"] = scene.environment;
          }
          record.labels["indicator"] = TextOf(json, "indicator");
          for (std::string& clue : TextsOf(json, "clues")) {
            record.indicators.push_back(std::move(clue));
          }
          if (const std::string caption = TextOf(json, "caption"); !caption.empty()) {
            record.captions.push_back(caption);
          }
        });
  }

  Status DraftKeySteps() {
    const bool ready = tools_.engine != nullptr;
    BuildStage& stage = Begin("key_steps", ready ? "" : tools_.no_engine, tools_.engine_settings);
    if (!ready) return {};
    const std::string settings = tools_.engine_settings + " " + tools_.key_step_prompt->hash();
    return Ask(
        stage, settings,
        [](const Candidate& candidate) {
          return std::string(candidate.record.point ? "" : "only the country is known");
        },
        [&](const Candidate& candidate, std::shared_ptr<const RgbImage> image) {
          const Place place =
              tools_.namer == nullptr ? Place{} : tools_.namer->NameOf(*candidate.record.point);
          return KeyStepsRequest(*tools_.key_step_prompt, candidate.record, place, std::move(image),
                                 options_.seed);
        },
        [](std::string_view answer) -> Result<Json> {
          GRE_ASSIGN_OR_RETURN(std::vector<std::string> steps, ReadKeySteps(answer));
          return Json{{"steps", std::move(steps)}};
        },
        [](Candidate& candidate, const Json& json) {
          candidate.record.key_steps = TextsOf(json, "steps");
        });
  }

  // What the annotators made of the drafts; every candidate has their decisions.
  void ReviseKeySteps() {
    if (tools_.decisions == nullptr) return;
    for (Candidate& candidate : candidates_) {
      candidate.record.key_steps = RevisedKeySteps(
          candidate.record.key_steps, tools_.decisions->photos.find(candidate.record.id)->second);
    }
  }

  const BuildTools& tools_;
  const BuildOptions& options_;
  ResultJournal& journal_;
  const std::function<void(const BuildProgress&)>& progress_;
  const CancellationToken& cancellation_;
  std::vector<Candidate> candidates_;
  BuiltBenchmark built_;
};

}  // namespace

Result<BuiltBenchmark> BuildBenchmark(std::span<const TruthRecord> photos,
                                      const std::string& folder, const BuildTools& tools,
                                      const BuildOptions& options, ResultJournal& journal,
                                      const std::function<void(const BuildProgress&)>& progress,
                                      const CancellationToken& cancellation) {
  std::vector<Candidate> candidates;
  candidates.reserve(photos.size());
  for (const TruthRecord& photo : photos) {
    Candidate candidate{photo, {}};
    if (candidate.record.image.empty()) candidate.record.image = photo.id;
    candidate.path = (std::filesystem::path(folder) / candidate.record.image).string();
    candidates.push_back(std::move(candidate));
  }
  return Builder(tools, options, journal, progress, cancellation).Run(std::move(candidates));
}

}  // namespace gre
