#include "bench/build/photo_annotator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/strings.h"
#include "reasoning/reply.h"
#include "reasoning/taxonomy.h"

namespace gre {
namespace {

constexpr std::array<SceneCategory, 11> kScenes = {{
    {"natural scene", "outdoor", 811},
    {"artificial landscape", "outdoor", 1138},
    {"agricultural scene", "outdoor", 58},
    {"industrial scene", "outdoor", 66},
    {"road traffic", "outdoor", 327},
    {"commercial premises", "indoor", 147},
    {"offices", "indoor", 131},
    {"transportation place", "indoor", 54},
    {"cultural sites", "indoor", 148},
    {"medical place", "indoor", 4},
    {"entertainment venues", "indoor", 116},
}};
constexpr std::array<IndicatorShare, 8> kIndicatorShares = {{
    {"nature_landmark", "explicit", 8.2},
    {"iconic_building", "explicit", 8.0},
    {"language", "explicit", 6.7},
    {"symbolic", "explicit", 3.0},
    {"geographical_features", "implicit", 27.0},
    {"architectural_style", "implicit", 17.7},
    {"social_characteristics", "implicit", 19.1},
    {"climate", "implicit", 8.2},
}};
constexpr int kMaxNewTokens = 768;

bool IsLabel(const IndicatorInfo& info) { return info.group != IndicatorGroup::kAttribute; }

Result<GenerationRequest> MakeRequest(RenderedPrompt rendered, std::string id,
                                      std::shared_ptr<const RgbImage> image, uint64_t seed) {
  GenerationRequest request;
  request.id = std::move(id);
  if (!rendered.system.empty()) {
    request.messages.push_back({Role::kSystem, {ContentPart::Text(std::move(rendered.system))}});
  }
  request.messages.push_back(
      {Role::kUser, {ContentPart::Image(0), ContentPart::Text(std::move(rendered.user))}});
  request.images.push_back(std::move(image));
  request.sampling.max_new_tokens = kMaxNewTokens;
  request.sampling.seed = seed;
  return request;
}

// The part of an answer that counts: without thinking, inside of answer marks where there are any.
std::string AnswerText(std::string_view answer) {
  const ReplyParts parts = SplitReply(answer);
  return parts.answer ? std::string(*parts.answer) : parts.rest;
}

// "- **Category**: x" -> "category", "x".
std::pair<std::string, std::string_view> CutField(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  constexpr std::string_view kMarks = " \t-*_#>`";
  std::string_view name = line.substr(0, colon);
  name.remove_prefix(std::min(name.find_first_not_of(kMarks), name.size()));
  name = name.substr(0, name.find_last_not_of(kMarks) + 1);
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(kMarks), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t*_`\r") + 1);
  return {AsciiLower(name), value};
}

}  // namespace

std::span<const SceneCategory> SceneCategories() { return kScenes; }
std::span<const IndicatorShare> IndicatorShares() { return kIndicatorShares; }

Result<GenerationRequest> LabelRequest(const PromptTemplate& prompt, const std::string& id,
                                       std::shared_ptr<const RgbImage> image, uint64_t seed) {
  std::string categories;
  for (const SceneCategory& scene : kScenes) {
    categories.append(categories.empty() ? "" : "\n").append(scene.name);
    categories.append(" (").append(scene.environment).append(")");
  }
  std::string indicators;
  for (const IndicatorInfo& info : Indicators()) {
    if (!IsLabel(info)) continue;
    indicators.append(indicators.empty() ? "" : "\n").append(info.name);
    indicators.append(": ").append(info.meaning);
  }
  GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered,
                       prompt.Render({{"categories", categories}, {"indicators", indicators}}));
  return MakeRequest(std::move(rendered), id + " labels", std::move(image), seed);
}

Result<PhotoLabels> ReadPhotoLabels(std::string_view answer) {
  constexpr size_t kMostClues = 16;
  PhotoLabels labels;
  const std::string text = AnswerText(answer);
  for (const std::string_view line : Split(text, '\n')) {
    const auto [name, value] = CutField(line);
    if (value.empty()) continue;
    if (name == "category") {
      const std::string wanted = AsciiLower(value);
      for (const SceneCategory& scene : kScenes) {
        const std::string full =
            std::string(scene.name) + " (" + std::string(scene.environment) + ")";
        if (wanted == scene.name || wanted == full) labels.category = scene.name;
      }
      if (labels.category.empty()) {
        return Error{ErrorCode::kInvalidInput,
                     "the engine's labels: expected a known category, "
                     "found '" +
                         std::string(value) + "'"};
      }
    } else if (name == "indicator") {
      const auto indicator = IndicatorFromName(AsciiLower(value));
      if (!indicator || !IsLabel(Describe(*indicator))) {
        return Error{ErrorCode::kInvalidInput,
                     "the engine's labels: expected a known indicator, "
                     "found '" +
                         std::string(value) + "'"};
      }
      labels.indicator = IndicatorName(*indicator);
    } else if (name == "clue" && labels.clues.size() < kMostClues) {
      labels.clues.emplace_back(ReplaceInvalidUtf8(value));
    } else if (name == "caption") {
      labels.caption = ReplaceInvalidUtf8(value);
    }
  }
  if (labels.category.empty() || labels.indicator.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 std::string("the engine's labels: expected a line '") +
                     (labels.category.empty() ? "category" : "indicator") + ": …', found none"};
  }
  return labels;
}

Result<GenerationRequest> KeyStepsRequest(const PromptTemplate& prompt, const TruthRecord& truth,
                                          const Place& place, std::shared_ptr<const RgbImage> image,
                                          uint64_t seed) {
  constexpr int kDecimals = 4;
  std::string name;
  for (const std::string* part :
       {place.nearest ? &place.nearest->name : &place.region, &place.region, &place.country}) {
    if (part->empty() || name.ends_with(*part)) continue;
    name.append(name.empty() ? "" : ", ").append(*part);
  }
  if (name.empty()) name = "no name is known";
  GRE_ASSIGN_OR_RETURN(
      RenderedPrompt rendered,
      prompt.Render({{"place", name},
                     {"latitude", FormatFixed(truth.point->latitude_deg, kDecimals)},
                     {"longitude", FormatFixed(truth.point->longitude_deg, kDecimals)}}));
  return MakeRequest(std::move(rendered), truth.id + " key steps", std::move(image), seed);
}

Result<std::vector<std::string>> ReadKeySteps(std::string_view answer) {
  constexpr size_t kMostSteps = 16;
  std::vector<std::string> steps;
  const std::string text = AnswerText(answer);
  for (const std::string_view raw : Split(text, '\n')) {
    const std::string_view line = Trim(raw);
    size_t digits = 0;
    while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
    if (digits == 0 || digits == line.size() || (line[digits] != '.' && line[digits] != ')')) {
      continue;
    }
    const std::string_view step = Trim(line.substr(digits + 1));
    if (!step.empty() && steps.size() < kMostSteps) steps.emplace_back(ReplaceInvalidUtf8(step));
  }
  if (steps.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 "the engine's key steps: expected numbered lines, found none"};
  }
  return steps;
}

}  // namespace gre
