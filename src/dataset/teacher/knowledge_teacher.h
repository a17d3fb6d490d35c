#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataset/teacher/point_sampler.h"
#include "dataset/teacher/teacher.h"

namespace gre {

// Writes chains from label and fact table alone (attribute_chain.h): only what is known to be true
// of the labelled place, nothing about what is seen. A photo of which only the country is known
// gets a point of `points` inside it, drawn anew for each sample.
class KnowledgeTeacher final : public Teacher {
 public:
  KnowledgeTeacher(PointSampler points, std::string points_hash, uint64_t seed);

  [[nodiscard]] const TeacherRecord& record() const override { return record_; }
  [[nodiscard]] const std::string& prompt_hash() const override { return no_prompt_; }
  // kInvalidInput for a photo without a country, or of a country without points.
  std::vector<Result<TeacherReply>> Ask(std::span<const TeacherQuestion> questions,
                                        const CancellationToken& cancellation) override;

 private:
  [[nodiscard]] Result<TeacherReply> Write(const TeacherQuestion& question) const;

  PointSampler points_;
  uint64_t seed_;
  TeacherRecord record_;
  std::string no_prompt_;
};

}  // namespace gre
