// Loading holds no weight twice.
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "model/layers/linear.h"
#include "model/loader.h"
#include "model/qwen2_5_vl/testing/tiny_checkpoint.h"

namespace gre {
namespace {

// A figure of /proc/self/status in bytes.
int64_t MemoryFigure(const std::string& wanted) {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with(wanted)) return std::stoll(line.substr(wanted.size())) * 1024;
  }
  return 0;
}

class LoadingMemoryTest : public testing::TestWithParam<at::ScalarType> {};
INSTANTIATE_TEST_SUITE_P(Dtypes, LoadingMemoryTest, testing::Values(at::kFloat, at::kBFloat16));

TEST_P(LoadingMemoryTest, PeaksAtTheWeightsAndLittleMore) {
  TinyCheckpoint checkpoint;
  Json& config = checkpoint.config();
  config["hidden_size"] = 1024;
  config["intermediate_size"] = 4096;
  config["num_hidden_layers"] = 6;
  config["rope_scaling"]["mrope_section"] = {32, 48, 48};
  config["vision_config"]["out_hidden_size"] = 1024;
  checkpoint.tensors().clear();
  checkpoint.Write();
  const auto reading = ParseQwen25VlConfig(config.dump(), "");
  ASSERT_TRUE(reading.ok() && reading->problems.empty());
  SpecRecorder recorder;
  const Qwen25VlNetwork network(recorder, reading->config, /*tied=*/true, at::kCPU);
  int64_t weights = 0;
  {
    const std::vector<std::byte> zeros(size_t{2} * 1024 * 4096);  // of the largest tensor
    std::vector<TensorData> tensors;
    for (const TensorSpec& spec : recorder.specs()) {
      const auto bytes = static_cast<size_t>(2 * spec.elements());
      tensors.push_back({spec.name, TensorDtype::kBF16, spec.shape, std::span(zeros).first(bytes)});
      weights += spec.elements() * static_cast<int64_t>(c10::elementSize(GetParam()));
    }
    ASSERT_TRUE(WriteSafetensors(checkpoint.directory() + "/model.safetensors", tensors).ok());
  }
  ASSERT_GT(weights, 150 << 20);

  at::set_num_threads(2);                  // each packs with memory of its own
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);  // what is freed is given back at once
  // the first load also brings in LibTorch's own code
  ASSERT_TRUE(LoadModel(checkpoint.directory(), {.dtype = GetParam()}).ok());
  ::malloc_trim(0);
  std::ofstream reset("/proc/self/clear_refs");
  reset << "5" << std::flush;  // the peak begins again at what is held now
  if (!reset) GTEST_SKIP() << "this system does not reset the peak";
  const int64_t before = MemoryFigure("VmRSS:");
  const auto model = LoadModel(checkpoint.directory(), {.dtype = GetParam()});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const int64_t peak = MemoryFigure("VmHWM:") - before;
  EXPECT_GE(peak, weights * 9 / 10);
  EXPECT_LE(peak, weights * 9 / 8) << "weights: " << weights;
}

}  // namespace
}  // namespace gre
