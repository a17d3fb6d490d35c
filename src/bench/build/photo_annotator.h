#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/records.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "knowledge/place_namer.h"
#include "reasoning/prompt_template.h"

namespace gre {

// What a vision-language model is asked about a photo of a benchmark that is built, and how its
// answers are read. Pure functions; thread-safe.

// GREval-Bench's scenes with their numbers of photos (of 3,000; [P] App. B of GRE).
struct SceneCategory {
  std::string_view name;
  std::string_view environment;  // "outdoor", "indoor"
  size_t greval_photos = 0;
};
std::span<const SceneCategory> SceneCategories();

// GREval-Bench's indicators with their shares in percent after filtering.
struct IndicatorShare {
  std::string_view name;   // reasoning/taxonomy.h
  std::string_view group;  // "explicit", "implicit"
  double greval_percent = 0;
};
std::span<const IndicatorShare> IndicatorShares();

struct PhotoLabels {
  std::string category;   // name of a SceneCategory
  std::string indicator;  // name of an IndicatorShare, or one of the group "other"
  std::vector<std::string> clues;
  std::string caption;  // may be empty
};

// Values "categories" and "indicators" of prompts/photo_labels.prompt.
Result<GenerationRequest> LabelRequest(const PromptTemplate& prompt, const std::string& id,
                                       std::shared_ptr<const RgbImage> image, uint64_t seed);
// Lines "category: …", "indicator: …", "clue: …", "caption: …" in any order, other text passed
// over. kInvalidInput when category or indicator is missing or not one of the known names.
Result<PhotoLabels> ReadPhotoLabels(std::string_view answer);

// Values "place", "latitude" and "longitude" of prompts/key_steps.prompt. `truth` has a point.
Result<GenerationRequest> KeyStepsRequest(const PromptTemplate& prompt, const TruthRecord& truth,
                                          const Place& place, std::shared_ptr<const RgbImage> image,
                                          uint64_t seed);
// Numbered lines; at least one, at most 16.
Result<std::vector<std::string>> ReadKeySteps(std::string_view answer);

}  // namespace gre
