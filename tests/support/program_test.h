#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "core/file.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace gre::testing {

// Base of the tests that run the built program: in a folder of the test's own and an environment in
// which it finds nothing of this machine's users.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() { options_.environment = IsolatedEnvironment(folder_.path()); }

  [[nodiscard]] ProgramResult Gre(const std::vector<std::string>& arguments) const {
    return RunProgramFile(GRE_PROGRAM, arguments, options_);
  }
  // Makes a file below the folder, with the folders above it; returns its path.
  std::string Write(const std::string& name, std::string_view content) const {
    const std::string path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    EXPECT_TRUE(WriteFileAtomically(path, content).ok());
    return path;
  }

  TemporaryFolder folder_;
  ProgramOptions options_;
};

}  // namespace gre::testing
