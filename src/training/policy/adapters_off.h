#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "model/vision_language_model.h"

namespace gre {

// Switches a model's adapters off while it lives: the reference of the KL term.
class AdaptersOff {
 public:
  explicit AdaptersOff(VisionLanguageModel& model) : model_(model) {
    model_.VisitLinears([&](Linear& linear) {
      for (size_t i = 0; i < linear.projections().size(); ++i) {
        kept_.push_back(linear.adapter(i));
        linear.SetAdapter(i, std::nullopt);
      }
    });
  }
  ~AdaptersOff() {
    size_t next = 0;
    model_.VisitLinears([&](Linear& linear) {
      for (size_t i = 0; i < linear.projections().size(); ++i) {
        linear.SetAdapter(i, std::move(kept_[next++]));
      }
    });
  }
  AdaptersOff(const AdaptersOff&) = delete;
  AdaptersOff& operator=(const AdaptersOff&) = delete;

 private:
  VisionLanguageModel& model_;
  std::vector<std::optional<LoraAdapter>> kept_;
};

}  // namespace gre
