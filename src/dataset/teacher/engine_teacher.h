#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataset/image_folder.h"
#include "dataset/teacher/teacher.h"
#include "generation/text_generator.h"
#include "reasoning/prompt_template.h"

namespace gre {

// A vision-language model behind a TextGenerator. Samples of one photo share its encoding and
// prefill where the engine runs here. `generator` must outlive it.
class EngineTeacher final : public Teacher {
 public:
  // The template takes no value but "area", which stays empty. `record.settings` must tell all that
  // answers depend on besides photo, sample and attempt.
  static Result<std::unique_ptr<EngineTeacher>> Create(TextGenerator& generator,
                                                       TeacherRecord record,
                                                       const PromptTemplate& prompt,
                                                       SamplingOptions sampling,
                                                       ImageFolder images);

  [[nodiscard]] const TeacherRecord& record() const override { return record_; }
  [[nodiscard]] const std::string& prompt_hash() const override { return prompt_hash_; }
  std::vector<Result<TeacherReply>> Ask(std::span<const TeacherQuestion> questions,
                                        const CancellationToken& cancellation) override;

 private:
  EngineTeacher(TextGenerator& generator, TeacherRecord record, RenderedPrompt prompt,
                std::string prompt_hash, SamplingOptions sampling, ImageFolder images);
  [[nodiscard]] Result<GenerationRequest> MakeRequest(const TeacherQuestion& question,
                                                      int num_samples) const;

  TextGenerator* generator_;
  TeacherRecord record_;
  RenderedPrompt prompt_;
  std::string prompt_hash_;
  SamplingOptions sampling_;
  ImageFolder images_;
};

}  // namespace gre
