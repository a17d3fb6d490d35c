#pragma once

#include "core/result.h"
#include "generation/text_generator.h"
#include "model/vision_language_model.h"

namespace gre {

// The prompt of a request as the model reads it. The error names the request: wrong options, images
// that cannot be prepared, a prompt that leaves no room in the context.
Result<EncodedPrompt> EncodeRequest(const VisionLanguageModel& model,
                                    const GenerationRequest& request);

}  // namespace gre
