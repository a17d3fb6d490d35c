#include "model/gre_nano/nano_config.h"

#include <limits>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr char kFile[] = "config.json: ";
constexpr int64_t kMaxTokens = 1 << 20;

// Visits every field once with its least and largest value, so that reading, writing and checking
// cannot differ. The largest values keep every tensor below 2^40 values.
template <typename Config, typename Visitor>
void VisitFields(Config& config, Visitor&& visit) {
  constexpr double kMost = 1e12;
  constexpr double kLeast = std::numeric_limits<double>::min();
  visit("image_size", config.image_size, 32, 1024);
  visit("grid", config.grid, 1, 32);
  visit("vocab_size", config.vocab_size, 1, kMaxTokens);
  visit("hidden_size", config.hidden_size, 2, 8192);
  visit("intermediate_size", config.intermediate_size, 1, 65536);
  visit("num_hidden_layers", config.num_layers, 1, 64);
  visit("num_attention_heads", config.num_heads, 1, 4096);
  visit("num_key_value_heads", config.num_kv_heads, 1, 4096);
  visit("max_position_embeddings", config.max_positions, 1, 65536);
  visit("summary_size", config.summary_size, 1, 8192);
  visit("reference_tower", config.reference_tower, false, true);
  visit("num_countries", config.num_countries, 1, 1024);
  visit("hint_temperature", config.hint_temperature, 0.0, kMost);
  visit("reads_chains", config.reads_chains, false, true);
  visit("rope_theta", config.rope_theta, kLeast, kMost);
  visit("rms_norm_eps", config.rms_norm_eps, kLeast, 1.0);
  visit("image_token_id", config.image_token_id, 0, kMaxTokens);
  visit("bos_token_id", config.begin_token_id, 0, kMaxTokens);
  visit("eos_token_id", config.end_token_id, 0, kMaxTokens);
}

}  // namespace

Result<ConfigReading<NanoConfig>> NanoConfig::FromJson(std::string_view json) {
  auto parsed = ParseJson(json);
  if (!parsed.ok()) return std::move(parsed).error().Wrap("config.json");
  if (!parsed->is_object()) {
    return Error{ErrorCode::kInvalidInput, "config.json: expected a JSON object"};
  }
  ConfigReading<NanoConfig> reading;
  const ConfigReader reader(*parsed, kFile, reading.problems);
  if (reader.Text({"model_type"}) != "gre_nano") {
    reader.Problem("model_type", "\"gre_nano\"", "another");
    return reading;
  }
  VisitFields(reading.config, [&](const char* name, auto& field, auto least, auto most) {
    using Field = std::decay_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, bool>) {
      const auto value = reader.Bool({name});
      if (!value && !reader.Has(name)) reader.Problem(name, "true or false", "nothing");
      field = value.value_or(least);
    } else if constexpr (std::is_integral_v<Field>) {
      field = static_cast<Field>(reader.Integer({name}, least, most));
    } else {
      field = reader.Number({name}, least, most);
    }
  });
  if (reading.problems.empty()) reading.problems = reading.config.Problems();
  return reading;
}

std::string NanoConfig::ToJson() const {
  nlohmann::ordered_json root;
  root["model_type"] = "gre_nano";
  VisitFields(*this, [&](const char* name, const auto& field, auto, auto) { root[name] = field; });
  return root.dump(2) + "\n";
}

std::vector<std::string> NanoConfig::Problems() const {
  std::vector<std::string> problems;
  const auto problem = [&](const std::string& field, const std::string& expected,
                           const std::string& found) {
    problems.push_back(kFile + field + ": expected " + expected + ", found " + found);
  };
  VisitFields(*this, [&](const char* name, const auto& field, auto least, auto most) {
    if (!(field >= least && field <= most)) {  // NaN fails
      problem(name, FormatShortest(least) + " to " + FormatShortest(most), FormatShortest(field));
    }
  });
  if (!problems.empty()) return problems;  // below are divisions
  const auto check = [&](bool holds, const char* field, const std::string& expected,
                         int64_t found) {
    if (!holds) problem(field, expected, std::to_string(found));
  };
  check(image_size % 32 == 0, "image_size", "a multiple of 32", image_size);
  const int64_t cells = image_size / 32;
  check(cells % grid == 0, "grid", "a divisor of image_size / 32 (" + std::to_string(cells) + ")",
        grid);
  check(hidden_size % (2 * num_heads) == 0, "hidden_size",
        "an even multiple of num_attention_heads (" + std::to_string(num_heads) + ")", hidden_size);
  check(num_heads % num_kv_heads == 0, "num_key_value_heads",
        "a divisor of num_attention_heads (" + std::to_string(num_heads) + ")", num_kv_heads);
  check(max_positions > image_tokens(), "max_position_embeddings",
        "more than the image tokens (" + std::to_string(image_tokens()) + ")", max_positions);
  const std::string known = "a token below vocab_size (" + std::to_string(vocab_size) + ")";
  check(image_token_id < vocab_size, "image_token_id", known, image_token_id);
  check(begin_token_id < vocab_size, "bos_token_id", known, begin_token_id);
  check(end_token_id < vocab_size, "eos_token_id", known, end_token_id);
  return problems;
}

}  // namespace gre
