#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/build/annotator_decisions.h"
#include "bench/records.h"
#include "bench/result_journal.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "image/face_detector.h"
#include "image/image.h"
#include "knowledge/place_namer.h"
#include "reasoning/prompt_template.h"

namespace gre {

// GREval's construction over any collection of photos with known places
// (docs/benchmark-building.md). Stages, each of which photos may be dropped by:
//   photo      the file is read, hashed and decoded; copies of another photo's file are dropped
//   faces      photos that one face covers to more than a share are dropped
//   clues      photos that resemble no entry of the indicator corpus are dropped; what they
//   resemble
//              becomes their indicators
//   decisions  photos that two annotators drop, or say that neither country nor city can be
//   inferred labels     an engine names category, indicator, clues and caption key_steps  an engine
//   that is told the truth drafts the key steps; annotators revise them

// An entry of the corpus that a photo resembles.
struct ClueMatch {
  std::string text;
  double similarity = 0;  // cosine
};

// What the stages work with. A stage whose tool is missing is skipped; `no_*` says why.
struct BuildTools {
  FaceDetector* faces = nullptr;
  std::string no_faces = {};
  // The most similar entries of the corpus, the best first.
  std::function<Result<std::vector<ClueMatch>>(const RgbImage&)> clues = {};
  std::string clues_settings = {};  // what their answers depend on: model and corpus
  std::string no_clues = {};
  const AnnotatorDecisions* decisions = nullptr;
  std::string no_decisions = {};
  TextGenerator* engine = nullptr;
  std::string engine_settings = {};  // what its answers depend on
  std::string no_engine = {};
  const PromptTemplate* label_prompt = nullptr;     // with an engine
  const PromptTemplate* key_step_prompt = nullptr;  // with an engine
  const PlaceNamer* namer = nullptr;
};

struct BuildOptions {
  double max_face_share = 0.5;  // of the photo's area (GREval: 50 %)
  double min_similarity = 0;    // with clues; GREval's is unpublished
  size_t max_clues = 8;         // indicators a photo
  size_t drop_votes = 2;        // annotators who drop it or see neither of both (GREval: two)
  int engine_batch = 8;
  uint64_t seed = 1;
};

struct BuildStage {
  std::string name;
  std::string skipped = {};  // why; empty: it ran
  std::string tool = {};     // with what
  size_t photos = 0;         // that came in
  size_t dropped = 0;
  size_t failed = 0;  // photos that stay without a result; the next build tries them again
};

struct DroppedPhoto {
  std::string id;
  std::string stage;
  std::string reason;
};

struct BuiltBenchmark {
  std::vector<TruthRecord> records;  // in the order of the photos
  std::vector<DroppedPhoto> dropped;
  // One line each: a stage that gave no result, and photos that were dropped because they cannot be
  // read.
  std::vector<std::string> failures;
  std::vector<BuildStage> stages;
  std::optional<AnnotatorAgreement> agreement;
  // "none", or the annotators whose decisions were applied.
  std::string reviewed = "none";
};

struct BuildProgress {
  std::string_view stage;
  size_t done = 0;
  size_t photos = 0;
};

// `photos`: where each was taken; `image` (or the id) is the path below `folder`. Results of the
// journal are used again; the result depends on neither interruptions nor batches. Errors of single
// photos are drops or failures; an error ends the build only when it concerns all (a full disk, a
// decision missing for a photo) or on cancellation (kCancelled).
Result<BuiltBenchmark> BuildBenchmark(std::span<const TruthRecord> photos,
                                      const std::string& folder, const BuildTools& tools,
                                      const BuildOptions& options, ResultJournal& journal,
                                      const std::function<void(const BuildProgress&)>& progress,
                                      const CancellationToken& cancellation);

}  // namespace gre
