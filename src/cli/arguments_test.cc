#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/arg_parser.h"
#include "cli/help.h"
#include "cli/program.h"
#include "cli/settings.h"
#include "core/file.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A program with one command of each kind of option.
class ArgumentsTest : public ::testing::Test {
 protected:
  ArgumentsTest() {
    CommandSpec run;
    run.name = "run";
    run.summary = "Runs";
    run.options = {
        {.name = "PHOTO", .help = "Photos", .target = &photos, .positional = true},
        {.name = "samples",
         .value_name = "N",
         .help = "Samples",
         .target = &samples,
         .min = 1,
         .max = 64},
        {.name = "max-pixels", .value_name = "N", .help = "Pixels", .target = &max_pixels},
        {.name = "include", .value_name = "GLOB", .help = "Pattern", .target = &include},
        {.name = "device",
         .value_name = "D",
         .help = "Where",
         .target = &device,
         .choices = {"cpu", "cuda"}},
        {.name = "truth", .value_name = "FILE", .help = "T", .target = &truth, .is_path = true},
        {.name = "stream", .letter = 's', .help = "Stream", .target = &stream},
        {.name = "temperature", .value_name = "T", .help = "T", .target = &temperature},
    };
    run.run = [](CliContext&) { return kExitDone; };
    program.name = "gre";
    program.commands = {run};
    common = {{.name = "quiet", .letter = 'q', .help = "Quiet", .target = &quiet}};
  }

  Status Apply(const std::vector<std::string>& words) {
    GRE_ASSIGN_OR_RETURN(const ParsedArguments arguments, ParseArguments(program, common, words));
    return ApplySettings(
        arguments, program, common,
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = environment.find(name);
          return found == environment.end() ? std::nullopt : std::optional(found->second);
        },
        config_path);
  }

  void WriteConfig(const std::string& text) {
    config_path = ::testing::TempDir() + "/gre_config_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
    ASSERT_TRUE(WriteFileAtomically(config_path, text).ok());
  }

  std::vector<std::string> photos;
  std::vector<std::string> include;
  std::string truth;
  int samples = 8;
  int64_t max_pixels = 0;
  std::string device = "cpu";
  bool stream = false;
  bool quiet = false;
  std::optional<double> temperature;
  CommandSpec program;
  std::vector<OptionSpec> common;
  std::map<std::string, std::string> environment;
  std::string config_path;
};

TEST_F(ArgumentsTest, OfTwoFilesTheLastWonUnseen) {
  EXPECT_FALSE(Apply({"run", "--truth", "a", "--truth", "b"}).ok());
  EXPECT_TRUE(
      Apply({"run", "--truth", "a", "--truth", "a", "--samples", "2", "--samples", "3"}).ok());
  EXPECT_EQ(truth, "a");
  EXPECT_EQ(samples, 3);
}

TEST_F(ArgumentsTest, WordsOptionsAndSwitchesInAnyOrder) {
  ASSERT_TRUE(Apply({"run", "a.jpg", "--samples=3", "-s", "b.jpg", "--include", "*.png",
                     "--include", "*.jpg", "-", "-q"})
                  .ok());
  EXPECT_THAT(photos, ElementsAre("a.jpg", "b.jpg", "-"));
  EXPECT_THAT(include, ElementsAre("*.png", "*.jpg"));
  EXPECT_EQ(samples, 3);
  EXPECT_TRUE(stream);
  EXPECT_TRUE(quiet);
}

TEST_F(ArgumentsTest, NamesAfterTwoDashesAreNoOptions) {
  ASSERT_TRUE(Apply({"run", "--", "--samples"}).ok());
  EXPECT_THAT(photos, ElementsAre("--samples"));
}

TEST_F(ArgumentsTest, FlagBeatsEnvironmentBeatsCommandTableBeatsTopOfFile) {
  WriteConfig("samples = 2\ndevice = 'cuda'\n[run]\nsamples = 3\nmax_pixels = 100\n");
  ASSERT_TRUE(Apply({"run"}).ok());
  EXPECT_EQ(samples, 3);
  EXPECT_EQ(device, "cuda");
  EXPECT_EQ(max_pixels, 100);
  environment["GRE_SAMPLES"] = "4";
  environment["GRE_STREAM"] = "1";
  ASSERT_TRUE(Apply({"run"}).ok());
  EXPECT_EQ(samples, 4);
  EXPECT_TRUE(stream);
  ASSERT_TRUE(Apply({"run", "--samples", "5"}).ok());
  EXPECT_EQ(samples, 5);
}

TEST_F(ArgumentsTest, ErrorsSayWhatWhereAndWhatWasExpected) {
  const auto message = [&](const std::vector<std::string>& words) {
    const Status status = Apply(words);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    return status.ok() ? std::string() : status.error().message;
  };
  EXPECT_EQ(message({"run", "--samples", "x"}),
            "--samples 'x': expected a whole number from 1 to 64");
  EXPECT_EQ(message({"run", "--samples", "65"}),
            "--samples '65': expected a whole number from 1 to 64");
  EXPECT_EQ(message({"run", "--device", "tpu"}), "--device 'tpu': expected one of cpu cuda");
  EXPECT_EQ(message({"run", "--smaples", "3"}),
            "unknown option '--smaples' (did you mean --samples?)");
  EXPECT_THAT(message({"run", "--samples", "3", "-3"}), HasSubstr("unexpected number '-3'"));
  EXPECT_EQ(message({"rnu"}), "unknown command 'rnu' (did you mean run?)");
  EXPECT_THAT(message({"run", "--samples"}), HasSubstr("--samples"));
  environment["GRE_SAMPLES"] = "many";
  EXPECT_THAT(message({"run"}), HasSubstr("GRE_SAMPLES 'many'"));
}

TEST_F(ArgumentsTest, WrongConfigurationFilesAreErrorsThatNameThePlace) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"sampels = 3\n", "unknown setting 'sampels'"},
           {"[rum]\n", "no command 'rum'"},
           {"[run]\nquite = true\n", "unknown setting 'run.quite'"},
           {"samples = [[1]]\n", "setting 'samples' is no text"},
           {"samples = 1900-01-01\n", "setting 'samples' is no text"},
           {"samples = 'x'\n", "config"},
           {"samples = \n", "line 1"}}) {
    WriteConfig(text);
    const Status status = Apply({"run"});
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_THAT(status.error().message, HasSubstr(expected));
    EXPECT_THAT(status.error().message, HasSubstr(config_path));
  }
}

TEST_F(ArgumentsTest, HelpShowsChoicesAndDefaults) {
  const std::string help = HelpText({&program, &program.commands[0]}, common, 80);
  EXPECT_THAT(help, HasSubstr("Usage: gre run [OPTION ...] [PHOTO ...]"));
  EXPECT_THAT(help, HasSubstr("--samples N"));
  EXPECT_THAT(help, HasSubstr("[8]"));
  EXPECT_THAT(help, HasSubstr("(cpu, cuda)"));
  EXPECT_THAT(help, HasSubstr("-s, --stream"));
}

// Every option of the real program is declared once and fully.
TEST(ProgramTest, DeclarationsAreComplete) {
  const std::function<void(const CommandSpec&)> check = [&](const CommandSpec& command) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_NE(command.commands.empty(), !command.run) << command.name;
    std::set<std::string> names;
    for (const OptionSpec& option : command.options) {
      EXPECT_TRUE(names.insert(option.name).second) << option.name;
      EXPECT_FALSE(option.help.empty()) << option.name;
      EXPECT_EQ(option.value_name.empty(), std::holds_alternative<bool*>(option.target))
          << option.name;
    }
    for (const CommandSpec& child : command.commands) {
      check(child);
    }
  };
  check(GreProgram());
}

}  // namespace
}  // namespace gre
