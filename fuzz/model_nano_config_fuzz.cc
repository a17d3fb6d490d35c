#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "model/gre_nano/nano_config.h"

// Whatever the bytes, an accepted configuration holds dimensions that the network's constructor may
// divide and multiply by, and is written and read again unchanged.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto reading =
      gre::NanoConfig::FromJson(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!reading.ok()) {
    GRE_CHECK(!reading.error().message.empty());
    return 0;
  }
  if (!reading->problems.empty()) {
    GRE_CHECK(std::ranges::none_of(reading->problems, [](const std::string& line) {
      return line.empty() || line.find('\n') != std::string::npos;
    }));
    return 0;
  }
  const gre::NanoConfig* config = &reading->config;
  GRE_CHECK(config->num_heads > 0 && config->hidden_size % config->num_heads == 0);
  GRE_CHECK(config->num_kv_heads > 0 && config->num_heads % config->num_kv_heads == 0);
  GRE_CHECK(config->image_tokens() > 0 && config->image_tokens() < config->max_positions);
  GRE_CHECK(config->image_token_id >= 0 && config->image_token_id < config->vocab_size);
  GRE_CHECK(config->vocab_size * config->hidden_size < int64_t{1} << 40);
  const auto again = gre::NanoConfig::FromJson(config->ToJson());
  GRE_CHECK(again.ok() && again->problems.empty() && again->config.ToJson() == config->ToJson());
  return 0;
}
