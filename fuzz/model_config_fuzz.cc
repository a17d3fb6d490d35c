#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "model/lora/peft_config.h"
#include "model/qwen2_5_vl/config.h"

// The JSON files of a model and of an adapter: whatever the bytes, a reading without problems holds
// dimensions that the network's constructors may divide and multiply by.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto reading = gre::ParseQwen25VlConfig(text, text);
      reading.ok() && reading->problems.empty()) {
    const gre::DecoderConfig& decoder = reading->config.text;
    GRE_CHECK(decoder.num_heads > 0 && decoder.num_heads % decoder.num_kv_heads == 0);
    GRE_CHECK(decoder.head_dim > 0 && decoder.rope_sections.size() == 3);
    const gre::Qwen25VisionConfig& vision = reading->config.vision;
    GRE_CHECK(vision.hidden_size % (4 * vision.num_heads) == 0);
    GRE_CHECK(vision.window_size >= vision.merge_size * vision.patch_size);
  }
  const auto processor = gre::ParseQwen25VlProcessorConfig(text, gre::Qwen25VisionConfig());
  if (processor.ok() && processor->problems.empty()) {
    GRE_CHECK(processor->config.resize.min_pixels <= processor->config.resize.max_pixels);
  }
  if (const auto adapter = gre::ParsePeftConfig(text); adapter.ok()) {
    GRE_CHECK(adapter->RankOf("model.layers.0.self_attn.q_proj") > 0);
    (void)adapter->ScalingOf("model.layers.0.self_attn.q_proj");
  }
  return 0;
}
