#include "generation/torch_loader.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::HasSubstr;

TEST(TorchLoaderTest, AMissingLibraryIsNamedWithWhatToDo) {
  const auto plugin = LoadTorchPlugin("/nowhere/libgre_torch.so");
  ASSERT_FALSE(plugin.ok());
  EXPECT_EQ(plugin.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(plugin.error().message, HasSubstr("not at /nowhere/libgre_torch.so: build with"));
}

TEST(TorchLoaderTest, ABrokenLibraryIsAnError) {
  const std::string path =
      (std::filesystem::path(::testing::TempDir()) / "gre_broken_plugin.so").string();
  std::ofstream(path) << "no library";
  const auto plugin = LoadTorchPlugin(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(plugin.ok());
  EXPECT_EQ(plugin.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(plugin.error().message, HasSubstr("gre_broken_plugin.so"));
}

}  // namespace
}  // namespace gre
