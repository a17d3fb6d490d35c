// A run's logs: any bytes become a log, its page and its JSON.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "report/training_page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t half = text.find('\0');
  const std::string_view rollouts =
      half == std::string_view::npos ? std::string_view() : text.substr(half + 1);
  const gre::TrainingLog log = gre::ParseTrainingLog(text.substr(0, half), rollouts);
  for (const auto& [name, series] : log.series) {
    for (size_t i = 1; i < series.size(); ++i) {
      if (series[i].first <= series[i - 1].first) __builtin_trap();
    }
  }
  gre::TrainingPageOptions options;
  options.name = "run";
  if (gre::FormatTrainingHtml(log, options).find("<script") != std::string::npos) __builtin_trap();
  if (!gre::ParseJson(gre::FormatTrainingJson(log)).ok()) __builtin_trap();
  return 0;
}
