#include "engine/runtime.h"

#include <new>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "engine/torch_errors.h"

namespace gre {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RuntimeTest, DescribesItself) {
  const Json runtime = ParseJson(DescribeRuntime()).value();
  EXPECT_THAT(runtime["libtorch"].get<std::string>(), HasSubstr("2."));
  EXPECT_GE(runtime["physical_cores"].get<int>(), 1);
  EXPECT_TRUE(runtime["cuda_devices"].is_array());
}

TEST(RuntimeTest, ThreadsAreSetAndChecked) {
  EXPECT_TRUE(SetComputeThreads(1).ok());
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_TRUE(SetComputeThreads(0).ok());
  EXPECT_EQ(at::get_num_threads(), NumPhysicalCores());
  EXPECT_THAT(SetComputeThreads(-1).error().message, HasSubstr("threads is -1"));
}

TEST(RuntimeTest, MissingCudaIsAClearError) {
  EXPECT_TRUE(ResolveDevice(DeviceChoice::kCpu).ok());
  const auto device = ResolveDevice(DeviceChoice::kCuda);
  if (device.ok()) GTEST_SKIP() << "this machine has a CUDA device";
  EXPECT_EQ(device.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(device.error().message, HasSubstr("use the device cpu"));
}

// The same errors reach `gre train`, whose settings are called otherwise.
TEST(RuntimeTest, AdviceIsWordedForEveryCommand) {
  const Status memory = CatchTorchErrors("step", []() -> Status { throw std::bad_alloc(); });
  EXPECT_THAT(memory.error().message,
              AllOf(HasSubstr("fewer pixels a photo"), Not(HasSubstr("--"))));
  const auto device = ResolveDevice(DeviceChoice::kCuda, 1 << 20);
  ASSERT_FALSE(device.ok());
  EXPECT_THAT(device.error().message, AllOf(HasSubstr("device cpu"), Not(HasSubstr("--"))));
}

TEST(TorchErrorsTest, ExceptionsBecomeOneLineErrors) {
  const auto huge =
      CatchTorchErrors("allocating", [] { return at::empty({int64_t{1} << 50}, at::kByte); });
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(huge.error().message, HasSubstr("allocating: out of memory ("));
  EXPECT_EQ(huge.error().message.find('\n'), std::string::npos);

  const Status status = CatchTorchErrors("reshaping", [] { (void)at::empty({3}).view({2}); });
  EXPECT_EQ(status.error().code, ErrorCode::kInternal);
  EXPECT_THAT(status.error().message, HasSubstr("reshaping: shape '[2]' is invalid"));

  const auto kept = CatchTorchErrors("unused", []() -> Result<int> {
    return Error{ErrorCode::kNotFound, "as it was"};
  });
  EXPECT_EQ(kept.error().message, "as it was");
}

}  // namespace
}  // namespace gre
