#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "dataset/photo_records.h"
#include "dataset/teacher/point_sampler.h"
#include "reasoning/prompt_template.h"

namespace gre {

// An answer that somebody gave to a photo, to be judged: it is right when its coordinates lie in
// the photo's country (of a few chains the text names another).
struct Candidate {
  const PhotoRecord* photo = nullptr;
  std::string reply;  // chain and answer
  bool label = false;
  double log_probability = 0;  // mean of a token, under the model that wrote it
};

// Writes what the arms of an ablation learn from: JSON Lines in GRE's form (docs/dataset.md),
// images relative to the photo folder. A photo of which only the country is known gets another
// point of it each time. What is written depends on photos, prompts and seed alone; every function
// is pure but for errors, which name the photo or its country.
class AblationRecords {
 public:
  // What is borrowed must outlive it.
  AblationRecords(const PointSampler& points, const PromptTemplate& locate,
                  const PromptTemplate& judge, uint64_t seed);

  // `count` records from a walk through the photos (at least one) again and again, each time in
  // another order:
  // the attributes of the place, or without `with_chain` the coordinates alone.
  [[nodiscard]] Result<std::string> Places(std::span<const PhotoRecord> photos, size_t count,
                                           bool with_chain) const;
  // The cold start's: each photo `passes` times, and so many chains to be judged that they are
  // `judge_share` of all records. Half of those claim the true country; of the others half a
  // neighbour of its sub-region, half any of the photos' countries. They are answered with the true
  // attributes, then the verdict.
  [[nodiscard]] Result<std::string> ColdStart(std::span<const PhotoRecord> photos, int passes,
                                              double judge_share) const;
  // The same size, coordinates alone.
  [[nodiscard]] static size_t ColdStartSize(size_t photos, int passes, double judge_share);

  // `count` of the candidates, right and wrong ones in turn (each kind again and again, every time
  // in another order): a verdict that is always the same earns no more than chance. kInvalidInput
  // where there are none of a kind.
  [[nodiscard]] Result<std::vector<Candidate>> Balanced(std::span<const Candidate> candidates,
                                                        size_t count) const;
  // Of stage I: the question and the label. `shuffled`: the labels are dealt out anew.
  [[nodiscard]] Result<std::string> Verdicts(std::span<const Candidate> candidates,
                                             bool shuffled) const;
  // Supervised: the candidates, answered with the true attributes, then the verdict.
  [[nodiscard]] Result<std::string> JudgedChains(std::span<const Candidate> candidates) const;
  // Of stage II: the photo and its truth, of the same photos as Places.
  [[nodiscard]] Result<std::string> Truths(std::span<const PhotoRecord> photos, size_t count) const;

  // The question of Judge about a reply.
  [[nodiscard]] Result<RenderedPrompt> Question(std::string_view reply) const;

 private:
  // `draw`: which of the photo's points.
  [[nodiscard]] Result<std::string> PlaceReply(const PhotoRecord& photo, uint64_t draw,
                                               bool with_chain) const;
  [[nodiscard]] Result<std::string> JudgedReply(const PhotoRecord& photo, uint64_t draw,
                                                bool label) const;
  [[nodiscard]] Result<LatLng> PointOf(const PhotoRecord& photo, uint64_t draw) const;

  const PointSampler* points_;
  const PromptTemplate* locate_;
  const PromptTemplate* judge_;
  uint64_t seed_;
};

}  // namespace gre
