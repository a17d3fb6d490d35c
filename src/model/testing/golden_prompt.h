#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "image/decode.h"
#include "model/vision_language_model.h"

namespace gre::testing {

// The prompt `name` of a golden set's forward/cases.json, with its images, encoded by `model`.
inline EncodedPrompt EncodeGoldenPrompt(const std::string& folder, const Json& cases,
                                        const VisionLanguageModel& model, const std::string& name) {
  std::vector<ChatTurn> turns;
  std::vector<RgbImage> images;
  for (const Json& message : cases["prompts"][name]["chat"]) {
    ChatTurn turn{message["role"].get<std::string>(), {}};
    if (message["content"].is_string()) {
      turn.parts.emplace_back(message["content"].get<std::string>());
    } else {
      for (const Json& item : message["content"]) {
        if (item["type"] == "image") {
          turn.parts.emplace_back(ImageSlot{});
          const auto image = item["image"].get<std::string>();
          images.push_back(DecodeImageFile(folder + "/images/" + image + ".png").value());
        } else {
          turn.parts.emplace_back(item["text"].get<std::string>());
        }
      }
    }
    turns.push_back(std::move(turn));
  }
  std::vector<const RgbImage*> pointers;
  for (const RgbImage& image : images) pointers.push_back(&image);
  auto encoded = model.EncodePrompt(turns, pointers, /*add_generation_prompt=*/true);
  EXPECT_TRUE(encoded.ok()) << encoded.error().message;
  return std::move(encoded).value();
}

}  // namespace gre::testing
