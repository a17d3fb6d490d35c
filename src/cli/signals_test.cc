#include "cli/signals.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "cli/command.h"
#include "core/file.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

TEST(SignalsDeathTest, AFileThatWasCutWhileItWasReadEndedWithASignal) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "table.csv";
  ASSERT_TRUE(WriteFileAtomically(path, std::string(1 << 16, 'x')).ok());
  EXPECT_EXIT(
      {
        InstallSignalHandlers();
        const auto file = MappedFile::Open(path);
        std::filesystem::resize_file(path, 0);
        const volatile std::byte* byte = &(*file)->bytes()[1 << 15];
        std::exit(static_cast<int>(*byte));
      },
      ::testing::ExitedWithCode(kExitEnvironment),
      "gre: .*table.csv became shorter while it was read");
}

TEST(SignalsDeathTest, LongComputationsDidNotReact) {
  EXPECT_EXIT(
      {
        InstallSignalHandlers();
        EndAtOnceWhenInterrupted(/*json=*/false);
        std::raise(SIGTERM);
        std::exit(8);
      },
      ::testing::ExitedWithCode(kExitInterrupted), "^gre: interrupted; nothing was written\n$");
}

TEST(SignalsDeathTest, ARunThatFinishedSaidItWasInterrupted) {
  EXPECT_EXIT(
      {
        const CancellationToken& token = InstallSignalHandlers();
        const bool begun = BeginLastStep(token).ok();
        std::raise(SIGINT);
        std::exit(begun && !token.IsCancelled() ? 7 : 8);
      },
      ::testing::ExitedWithCode(7), "");
  EXPECT_EXIT(
      {
        const CancellationToken& token = InstallSignalHandlers();
        std::raise(SIGINT);
        const Status status = BeginLastStep(token);
        std::exit(!status.ok() && status.error().code == ErrorCode::kCancelled ? 7 : 8);
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace gre
