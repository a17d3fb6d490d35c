#include "model/model_report.h"

#include <nlohmann/json.hpp>

namespace gre {

std::string JoinProblems(const std::vector<std::string>& problems, size_t most) {
  std::string text;
  for (size_t i = 0; i < problems.size() && i < most; ++i) {
    text += (i == 0 ? "" : "; ") + problems[i];
  }
  if (problems.size() > most) text += " (and " + std::to_string(problems.size() - most) + " more)";
  return text;
}

std::string ModelReportJson(const ModelReport& report) {
  const int64_t parameters = report.text_parameters + report.vision_parameters;
  nlohmann::ordered_json json;
  json["schema"] = "gre.model/1";
  json["loads"] = report.problems.empty();
  json["architecture"] = report.architecture;
  json["problems"] = report.problems;
  json["notes"] = report.notes;
  json["parameters"] = {{"text", report.text_parameters},
                        {"vision", report.vision_parameters},
                        {"total", parameters}};
  json["stored_dtype"] = report.stored_dtype;
  json["memory_bytes"] = {{"float32", parameters * 4}, {"bfloat16", parameters * 2}};
  json["kv_cache_bytes_per_token"] = {{"float32", report.kv_values_per_token * 4},
                                      {"bfloat16", report.kv_values_per_token * 2}};
  json["layers"] = report.layers;
  json["hidden_size"] = report.hidden_size;
  json["vocab_size"] = report.vocab_size;
  json["context_tokens"] = report.context_tokens;
  json["files"] = nlohmann::ordered_json::array();
  for (const ModelReport::File& file : report.files) {
    json["files"].push_back({{"name", file.name}, {"bytes", file.bytes}});
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace gre
