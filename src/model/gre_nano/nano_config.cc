#include "model/gre_nano/nano_config.h"

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre {
namespace {

Error Invalid(const std::string& message) {
  return {ErrorCode::kInvalidInput, "config.json: " + message};
}

// Visits every field once, so that reading, writing and checking for unknown keys cannot differ.
template <typename Config, typename Visitor>
void VisitFields(Config& config, Visitor&& visit) {
  visit("image_size", config.image_size);
  visit("grid", config.grid);
  visit("vocab_size", config.vocab_size);
  visit("hidden_size", config.hidden_size);
  visit("intermediate_size", config.intermediate_size);
  visit("num_hidden_layers", config.num_layers);
  visit("num_attention_heads", config.num_heads);
  visit("num_key_value_heads", config.num_kv_heads);
  visit("max_position_embeddings", config.max_positions);
  visit("summary_size", config.summary_size);
  visit("reference_tower", config.reference_tower);
  visit("num_countries", config.num_countries);
  visit("hint_temperature", config.hint_temperature);
  visit("rope_theta", config.rope_theta);
  visit("rms_norm_eps", config.rms_norm_eps);
  visit("image_token_id", config.image_token_id);
  visit("bos_token_id", config.begin_token_id);
  visit("eos_token_id", config.end_token_id);
}

}  // namespace

Result<NanoConfig> NanoConfig::FromJson(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json));
  if (!root.is_object() || root.value("model_type", Json()) != "gre_nano") {
    return Invalid("model_type: expected \"gre_nano\"");
  }
  NanoConfig config;
  Status status;
  VisitFields(config, [&](const char* name, auto& field) {
    using Field = std::decay_t<decltype(field)>;
    const auto it = root.find(name);
    const bool fits = it != root.end() && (std::is_same_v<Field, bool> ? it->is_boolean()
                                           : std::is_integral_v<Field> ? it->is_number_integer()
                                                                       : it->is_number());
    if (!fits && status.ok()) {
      status = Invalid(std::string(name) + ": expected " +
                       (std::is_same_v<Field, bool> ? "true or false" : "a number") + ", found " +
                       (it == root.end() ? "nothing" : DumpJson(*it)));
    } else if (fits) {
      field = it->template get<Field>();
    }
  });
  GRE_RETURN_IF_ERROR(status);
  GRE_RETURN_IF_ERROR(config.Validate());
  return config;
}

std::string NanoConfig::ToJson() const {
  nlohmann::ordered_json root;
  root["model_type"] = "gre_nano";
  VisitFields(*this, [&](const char* name, const auto& field) { root[name] = field; });
  return root.dump(2) + "\n";
}

Status NanoConfig::Validate() const {
  auto check = [](bool holds, const char* message) -> Status {
    return holds ? Status() : Status(Invalid(message));
  };
  GRE_RETURN_IF_ERROR(check(image_size >= 32 && image_size <= 1024 && image_size % 32 == 0,
                            "image_size: expected a multiple of 32 up to 1024"));
  GRE_RETURN_IF_ERROR(check(grid >= 1 && (image_size / 32) % grid == 0,
                            "grid: expected a divisor of image_size / 32"));
  GRE_RETURN_IF_ERROR(
      check(num_layers >= 1 && num_layers <= 64, "num_hidden_layers: expected 1 to 64"));
  GRE_RETURN_IF_ERROR(check(num_heads >= 1 && hidden_size >= 2 && hidden_size <= 8192 &&
                                hidden_size % num_heads == 0 && head_dim() % 2 == 0,
                            "hidden_size: expected an even multiple of num_attention_heads"));
  GRE_RETURN_IF_ERROR(check(num_kv_heads >= 1 && num_heads % num_kv_heads == 0,
                            "num_key_value_heads: expected a divisor of num_attention_heads"));
  GRE_RETURN_IF_ERROR(check(intermediate_size >= 1 && intermediate_size <= 65536,
                            "intermediate_size: expected 1 to 65536"));
  GRE_RETURN_IF_ERROR(check(max_positions > image_tokens() && max_positions <= 65536,
                            "max_position_embeddings: expected more than the image tokens"));
  GRE_RETURN_IF_ERROR(check(
      num_countries >= 1 && num_countries <= 1024 && summary_size >= 1 && summary_size <= 8192,
      "num_countries, summary_size: expected 1 to 1024 and 1 to 8192"));
  auto token = [&](int32_t id) { return id >= 0 && id < vocab_size; };
  GRE_RETURN_IF_ERROR(check(vocab_size >= 1 && vocab_size <= (1 << 20) && token(image_token_id) &&
                                token(begin_token_id) && token(end_token_id),
                            "vocab_size: expected room for the image, begin and end tokens"));
  GRE_RETURN_IF_ERROR(
      check(rope_theta > 0 && rms_norm_eps > 0 && hint_temperature >= 0,
            "rope_theta, rms_norm_eps, hint_temperature: expected positive numbers"));
  return {};
}

}  // namespace gre
