// `gre bench` from the outside: the printed contract, runs that are killed and continued.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "image/encode.h"
#include "support/program_test.h"
#include "support/schema_checker.h"
#include "support/scripted_http_server.h"

namespace gre {
namespace {

namespace fs = std::filesystem;
using testing::ChatReply;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProgramResult;
using testing::ReceivedRequest;
using testing::Reply;
using testing::SchemaChecker;
using testing::ScriptedHttpServer;

class BenchTest : public testing::ProgramTest {};

TEST_F(BenchTest, ThreePeopleReviewTheCandidatesOfABenchmark) {
  const std::string photos = folder_ / "photos";
  fs::create_directories(photos);
  for (int i = 0; i < 4; ++i) {
    const RgbImage image{40, 30, std::vector<uint8_t>(40 * 30 * 3, static_cast<uint8_t>(60 * i))};
    ASSERT_TRUE(
        WriteFileAtomically(photos + "/" + std::to_string(i) + ".png", EncodePng(image).value())
            .ok());
  }
  const std::string truth =
      Write("truth.jsonl",
            R"({"id":"0.png","latitude":35,"longitude":135.7,"category":"Street","key_steps":)"
            R"(["Signs are Japanese.","Cars keep right.","So this is Kyoto."]})"
            "\n"
            R"({"id":"1.png","country_code":"FR"})"
            "\n"
            R"({"id":"2.png","country_code":"PE"})"
            "\n"
            R"({"id":"3.png","country_code":"IT"})"
            "\n");
  const std::string bench = folder_ / "bench.jsonl";
  const std::vector<std::string> build = {"bench",   "build",  "--photos",   photos,
                                          "--truth", truth,    "--no-faces", "--out",
                                          bench,     "--name", "reviewed"};
  const ProgramResult drafted = Gre(build);
  ASSERT_EQ(drafted.exit_code, 0) << drafted.err;
  const auto review = [&](const std::string& name, const std::string& input) {
    options_.input = input;
    const ProgramResult result = Gre(
        {"bench", "review", bench, "--photos", photos, "--decisions", folder_ / (name + ".csv")});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  // undone, refused, left and gone on with
  std::string shown = review("ann", "?\nk\nu\nf\nf h\n1\nCars keep left.\n3\n.\nd n\nq\n");
  for (const char* text : {"4 of 4 candidates are undecided", "0.png", "Kyoto", "T truth",
                           "category: Street", "40 x 30", "Cars keep right.", "(4 left)",
                           "neither country nor city can be inferred", "a reason is wanted",
                           "France (country only)", "2 decisions of this session, 2 candidates"}) {
    EXPECT_THAT(shown, HasSubstr(text));
  }
  EXPECT_EQ(*ReadFile(folder_ / "ann.csv"),
            "id,country,city,decision,reasons,key_steps\n"
            "0.png,yes,yes,fix,hallucination,\"Signs are Japanese.\nCars keep left.\nSo this is "
            "Kyoto.\"\n"
            "1.png,no,no,drop,not_inferable,\n");
  shown = review("ann", "s\nk c\n");
  EXPECT_THAT(shown, HasSubstr("2 of 4 candidates are undecided"));
  EXPECT_THAT(shown, HasSubstr("1 candidates left"));
  std::vector<std::string> reviewed = build;
  for (const char* name : {"ann", "ben", "cleo"}) {
    reviewed.insert(reviewed.end(), {"--decisions", folder_ / (std::string(name) + ".csv")});
  }
  review("ben", "f h\n1\nCars keep left.\n.\nd n\nd p\nk c\n");
  review("cleo", "k\nk\nd px\nk c\n");
  const ProgramResult unfinished = Gre(reviewed);
  EXPECT_EQ(unfinished.exit_code, 2);
  EXPECT_THAT(unfinished.err, HasSubstr("'2.png'"));
  review("ann", "k\n");
  reviewed.emplace_back("--json");
  const ProgramResult built = Gre(reviewed);
  ASSERT_EQ(built.exit_code, 0) << built.err;
  const auto report = ParseJson(built.out);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->at("reviewed"), "ann, ben, cleo");
  ASSERT_EQ(report->at("dropped").size(), 2U);
  EXPECT_EQ(report->at("dropped")[0]["reason"],
            "2 of 3 annotators can infer neither country nor city");
  EXPECT_EQ(report->at("dropped")[1]["reason"], "2 of 3 annotators drop it: other, private");
  EXPECT_NEAR(report->at("agreement")["drop"]["kappa"].get<double>(), 0.25, 1e-9);
  const std::string lines = *ReadFile(bench);
  // each step that two of three want
  EXPECT_THAT(lines, HasSubstr(R"("key_steps":["Signs are Japanese.","So this is Kyoto.",)"
                               R"("Cars keep left."])"));
  EXPECT_THAT(lines, HasSubstr(R"("reviewed":"ann, ben, cleo")"));
  // decisions about other photos are no beginning
  Write("ann.csv", "id,country,city\nelse.png,yes,yes\n");
  options_.input = "k\n";
  const ProgramResult other =
      Gre({"bench", "review", bench, "--photos", photos, "--decisions", folder_ / "ann.csv"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("found 'else.png'"));
}

TEST_F(BenchTest, TheScoreObjectIsAsDescribed) {
  const std::string truth =
      Write("truth.csv",
            "\xEF\xBB\xBFid,latitude,longitude\r\n"
            "a.jpg,48.8566,2.3522\r\nb.jpg,0,0\r\nc.jpg,10,20\r\nd.jpg,1,1\r\n");
  const std::string predictions =
      Write("predictions.csv",
            "photo,lat,lon\r\na,48.8566,2.3522\r\na,1,1\r\nb,nan,3\r\nc,10.1,20\r\nzzz,1,2\r\n");
  const ProgramResult result =
      Gre({"bench", "score", "--predictions", predictions, "--truth", truth, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto score = ParseJson(result.out);
  ASSERT_TRUE(score.ok()) << result.out;
  const SchemaChecker checker(ReadJsonFile(GRE_SOURCE_DIR "/docs/score-schema.json").value());
  EXPECT_EQ(checker.Check(*score), "");
  const auto count = [&](const char* key) { return score->at(key).get<int>(); };
  EXPECT_EQ(count("records"), 5);
  EXPECT_EQ(count("unmatched"), 1);
  EXPECT_EQ(count("duplicates"), 1);
  EXPECT_EQ(count("scored"), 3);
  EXPECT_EQ(count("parsed"), 2);
  EXPECT_EQ(count("unparsed"), 1);
  EXPECT_EQ(count("missing"), 1);
  EXPECT_EQ(count("matched_by_stem"), 3);
  EXPECT_EQ(score->at("system"), "predictions");
  EXPECT_EQ(score->at("file"), predictions);
  EXPECT_EQ(score->at("truth"), truth);
  // The counts were there without the records behind them.
  std::vector<std::string> unusable;
  for (const Json& record : score->at("unusable")) {
    unusable.push_back(record.at("id").get<std::string>() + " " +
                       record.at("outcome").get<std::string>());
  }
  EXPECT_THAT(unusable, ::testing::ElementsAre("b unparsed", "zzz unmatched", "a duplicate"));
  const ProgramResult text =
      Gre({"bench", "score", "--predictions", predictions, "--truth", truth, "--preset", "pigeon",
           "--boundary", "le", "--percentiles", "5,95"});
  EXPECT_THAT(text.out, HasSubstr("pigeon, changed: boundary"));
  EXPECT_THAT(text.out, HasSubstr("95 %"));
  EXPECT_THAT(text.out, HasSubstr("zzz"));
  EXPECT_NEAR(score->at("accuracy").at("25").at("value").get<double>(), 2.0 / 3, 1e-12);
  EXPECT_THAT(result.err,
              HasSubstr("predictions.csv:4: 'b': field 'lat': expected latitude within"));
}

TEST_F(BenchTest, AnImportedBenchmarkIsScoredBesideWhatIsKnownOfIt) {
  const std::string table =
      Write("labels.csv", "image,lat,lng\na.jpg,48.85,2.35\nb.jpg,35.68,139.69\nc.jpg,x,1\n");
  const std::string bench = folder_ / "bench.jsonl";
  const ProgramResult imported =
      Gre({"bench", "import", "streetview", table, "--out", bench, "--json"});
  EXPECT_EQ(imported.exit_code, 1) << imported.err;  // a row was dropped
  EXPECT_EQ(ParseJson(imported.out)->at("records"), 2);
  EXPECT_THAT(imported.err,
              HasSubstr("labels.csv:4: dropped 'c.jpg': field 'lat': expected latitude within"));
  EXPECT_THAT(*ReadFile(bench + ".dropped.csv"), HasSubstr("labels.csv:4,c.jpg,\""));

  const std::string predictions =
      Write("p.csv", "id,lat,lon\na.jpg,48.85,2.35\nb.jpg,139.69,35.68\n");
  const ProgramResult result =
      Gre({"bench", "score", "--predictions", predictions, "--truth", bench, "--gallery",
           Write("gallery.csv", "LAT,LON\n48.85,2.35\n"), "--baselines", "streetview", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto score = ParseJson(result.out);
  ASSERT_TRUE(score.ok()) << result.out;
  const SchemaChecker checker(ReadJsonFile(GRE_SOURCE_DIR "/docs/score-schema.json").value());
  EXPECT_EQ(checker.Check(*score), "");
  EXPECT_EQ(score->at("gallery").at("within_0.01_km"), 1);
  EXPECT_EQ(score->at("warnings").at(0).at("kind"), "truth_in_gallery");
  EXPECT_EQ(score->at("published").at("rows").at(0).at("system"), "GRE (7B)");
  EXPECT_EQ(Gre({"bench", "import", "nothing", table, "--out", bench}).exit_code, 2);
}

TEST_F(BenchTest, WrongInputIsNamedAndEndsWithUsage) {
  const std::string truth = Write("truth.csv", "id,lat,lon\na,1,2\nb,95,2\n");
  const std::string predictions = Write("predictions.csv", "id,lat,lon\na,1,2\n");
  const ProgramResult bad = Gre({"bench", "score", "--predictions", predictions, "--truth", truth});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("truth.csv:3: field 'lat': expected degrees within -90 and 90, "
                                 "found '95'"));
  EXPECT_TRUE(bad.out.empty());
  const ProgramResult mixed = Gre({"bench", "score", "--predictions", predictions, "--truth",
                                   Write("other.csv", "id,lat,lon\nx,1,2\n")});
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("no id of its 1 records stands in"));
  EXPECT_EQ(Gre({"bench", "score", "--predictions", predictions}).exit_code, 2);
}

// With the tiny encoders of tests/goldens; their figures mean nothing, but each part is there.
TEST_F(BenchTest, ChainsAreMeasuredWithEncoders) {
  if (!fs::exists(fs::path(GRE_PROGRAM).parent_path().parent_path() / "lib/libgre_torch.so")) {
    GTEST_SKIP() << "built without LibTorch";
  }
  const RgbImage photo{32, 24, std::vector<uint8_t>(32 * 24 * 3, 90)};
  Write("a.jpg", EncodeJpeg(photo).value());
  const std::string truth = Write(
      "truth.jsonl",
      R"({"id":"a.jpg","lat":39.9,"lon":116.4,"indicators":["China"],"captions":["a yellow roof"],)"
      R"("key_steps":["Yellow roofs are typical of China."]})");
  const std::string predictions =
      Write("predictions.jsonl",
            R"({"id":"a.jpg","response":"<think>1. [street_level] A roof with yellow tiles. -> )"
            R"(Such roofs are typical of imperial China => China</think>)"
            R"(<answer>39.9, 116.4</answer>"})");
  const std::string goldens = GRE_SOURCE_DIR "/tests/goldens";
  const ProgramResult result =
      Gre({"bench", "score", "--predictions", predictions, "--truth", truth, "--chains",
           "--embedder", goldens + "/tiny_bert", "--clip", goldens + "/tiny_clip", "--photos",
           folder_.path(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto score = ParseJson(result.out);
  ASSERT_TRUE(score.ok()) << result.out;
  const SchemaChecker checker(ReadJsonFile(GRE_SOURCE_DIR "/docs/score-schema.json").value());
  EXPECT_EQ(checker.Check(*score), "");
  const Json& quality = score->at("chain_quality");
  for (const char* part : {"caption_refclipscore", "inference_bertscore", "combined"}) {
    EXPECT_TRUE(quality.at(part).at("value").is_number()) << quality.dump(1);
  }
  const ProgramResult wrong = Gre({"bench", "score", "--predictions", predictions, "--truth", truth,
                                   "--chains", "--embedder", folder_.path()});
  EXPECT_NE(wrong.exit_code, 0);
  EXPECT_THAT(wrong.err, HasSubstr("--embedder"));
}

// Classes and verdicts by a judge behind a server; a refusal leaves a chain out, and a second run
// asks only what had no answer.
TEST_F(BenchTest, AJudgeSaysWhatIsReasonableAndIsAskedOnce) {
  const std::string truth =
      Write("truth.jsonl", R"({"id":"a","lat":35.0,"lon":135.8,"key_steps":["the gates are red"]})"
                           "\n"
                           R"({"id":"b","lat":48.9,"lon":2.3,"key_steps":["an iron tower"]})");
  const std::string predictions = Write(
      "predictions.jsonl",
      R"({"id":"a","response":"<think>1. [text] The gates are red. -> So Japan is likely</think><answer>35, 135</answer>"})"
      "\n"
      R"({"id":"b","response":"<think>1. [text] A tower. -> So this is Peru</think><answer>48, 2</answer>"})");
  std::atomic<bool> refuses = true;
  ScriptedHttpServer server([&](const ReceivedRequest& request, int) {
    if (request.body.find("exactly one class") != std::string::npos) {
      return ChatReply("1. caption\n2. inference");
    }
    if (request.body.find("So this is Peru") == std::string::npos)
      return ChatReply("1. reasonable");
    return ChatReply(refuses ? "I cannot help with that." : "1. reasonable\n2. wrong");
  });
  const auto score = [&] {
    const ProgramResult result =
        Gre({"bench", "score", "--predictions", predictions, "--truth", truth, "--chains",
             "--chain-records", "--judge-url", server.url(), "--judge-model", "m", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto json = ParseJson(result.out);
    EXPECT_TRUE(json.ok()) << result.out;
    return json.ok() && json->contains("chain_quality") ? json->at("chain_quality") : Json();
  };
  const Json first = score();
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(first.at("unjudged"), 1) << first.dump(1);
  EXPECT_EQ(first.at("precision").at("records"), 1);
  EXPECT_EQ(first.at("precision").at("value"), 1);
  EXPECT_THAT(first.at("per_record").at(1).at("unjudged").get<std::string>(),
              HasSubstr("found none for statement 1"));
  refuses = false;
  const Json second = score();
  EXPECT_EQ(server.requests().size(), 4u + 1u);
  EXPECT_EQ(second.at("unjudged"), 0);
  EXPECT_EQ(second.at("precision_steps"),
            Json({{"counted", 4}, {"matched", 1}, {"reasonable", 2}}));
  EXPECT_NEAR(second.at("precision").at("value").get<double>(), 0.75, 1e-12);
  EXPECT_THAT(second.at("conventions").at("precision").get<std::string>(),
              HasSubstr("reasonable to judge m (prompt "));
  EXPECT_EQ(score(), second);
  EXPECT_EQ(server.requests().size(), 4u + 1u);
}

TEST_F(BenchTest, AKilledRunIsContinuedAndScored) {
  constexpr int kPhotos = 6;
  std::string truth = "id,image,lat,lon\n";
  for (int i = 0; i < kPhotos; ++i) {
    const std::string name = "p" + std::to_string(i) + ".jpg";
    const RgbImage image{32, 24, std::vector<uint8_t>(32 * 24 * 3, static_cast<uint8_t>(40 * i))};
    Write(name, EncodeJpeg(image).value());
    truth.append("id").append(std::to_string(i)).append(",").append(name).append(",35.0,135.1\n");
  }
  Write("truth.csv", truth);
  // Of the first run the fifth reply comes too late: it is killed before.
  std::atomic<bool> first_run = true;
  ScriptedHttpServer server([&](const ReceivedRequest&, int number) {
    if (first_run && number == 4) {
      Write("five", "");
      return Reply{{"", 20000}};
    }
    return ChatReply("<think>1. [text] Signs => Japan</think><answer>35.0, 135.0</answer>");
  });
  const std::vector<std::string> run = {"bench",         "run",
                                        "--truth",       folder_ / "truth.csv",
                                        "--out",         folder_ / "predictions.jsonl",
                                        "--api-url",     server.url(),
                                        "--api-model",   "m",
                                        "--concurrency", "1"};
  options_.interrupt_when = folder_ / "five";
  options_.interrupt_after_ms = 1;
  options_.interrupt_signal = SIGKILL;
  EXPECT_EQ(Gre(run).exit_code, 128 + SIGKILL);
  first_run = false;
  options_.interrupt_after_ms = 0;
  const ProgramResult again = Gre(run);
  ASSERT_EQ(again.exit_code, 0) << again.err;

  const std::string content = ReadFile(folder_ / "predictions.jsonl").value();
  std::set<std::string> ids;
  int lines = 0;
  for (const std::string_view line : Split(content, '\n')) {
    if (line.empty()) continue;
    const auto record = ParseJson(line);
    ASSERT_TRUE(record.ok()) << line;
    if (lines++ == 0) {
      const SchemaChecker checker(
          ReadJsonFile(GRE_SOURCE_DIR "/docs/predictions-schema.json").value());
      EXPECT_EQ(checker.Check(*record), "");
      EXPECT_EQ(record->at("model"), "m");
      EXPECT_EQ(record->at("benchmark").at("file"), "truth.csv");
      continue;
    }
    EXPECT_TRUE(ids.insert(record->at("file").get<std::string>()).second) << line;
    EXPECT_EQ(record->at("usage").at("completion_tokens"), 9);
    EXPECT_EQ(record->at("usage").at("finish_reasons"), Json::array({"stop"}));
  }
  EXPECT_EQ(ids.size(), static_cast<size_t>(kPhotos));

  const ProgramResult score = Gre({"bench", "score", "--predictions", folder_ / "predictions.jsonl",
                                   "--truth", folder_ / "truth.csv", "--json"});
  ASSERT_EQ(score.exit_code, 0) << score.err;
  const auto json = ParseJson(score.out);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->at("parsed"), kPhotos);
  EXPECT_EQ(json->at("accuracy").at("25").at("value"), 1);

  EXPECT_THAT(score.out, Not(HasSubstr("other_benchmark")));

  // Another benchmark into the same file is refused.
  Write("truth.csv", truth + "id9,p0.jpg,1,2\n");
  const ProgramResult other = Gre(run);
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("other settings"));
  // Nor are the predictions taken for answers to it in silence.
  const ProgramResult doubtful =
      Gre({"bench", "score", "--predictions", folder_ / "predictions.jsonl", "--truth",
           folder_ / "truth.csv", "--json"});
  EXPECT_THAT(doubtful.out, HasSubstr("\"kind\":\"other_benchmark\""));
}

// The objects of compare and fuse are as docs/ says, and their figures those of the files.
TEST_F(BenchTest, ComparisonAndFusionAreAsDescribed) {
  std::string truth = "id,lat,lon,category\n";
  std::string good = "id,lat,lon,confidence\n";
  std::string bad = "id,lat,lon,confidence\n";
  constexpr int kPhotos = 24;
  for (int i = 0; i < kPhotos; ++i) {
    const std::string id = "p" + std::to_string(i);
    const std::string row = id + "," + std::to_string(2 * i) + ",";
    truth += row + "10," + (i % 2 == 0 ? "a" : "b") + "\n";
    good += row + (i < 20 ? "10.0" : "60") + ",0.9\n";  // 20 of 24
    bad += row + (i < 12 ? "10.1" : "60") + ",0.5\n";   // 12 of them
  }
  const std::vector<std::string> files = {
      "--predictions", Write("bad.csv", bad),     "--predictions", Write("good.csv", good),
      "--truth",       Write("truth.csv", truth), "--resamples",   "200",
      "--json"};
  const auto run = [&](std::vector<std::string> arguments, const std::string& schema, int code) {
    arguments.insert(arguments.begin(), "bench");
    arguments.insert(arguments.end(), files.begin(), files.end());
    const ProgramResult result = Gre(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    const auto json = ParseJson(result.out);
    EXPECT_TRUE(json.ok()) << result.out;
    const SchemaChecker checker(ReadJsonFile(GRE_SOURCE_DIR "/docs/" + schema).value());
    EXPECT_EQ(checker.Check(json.ok() ? *json : Json()), "") << result.out;
    return json.ok() ? *json : Json();
  };
  const Json compared = run({"compare", "--by", "category", "--fail-if", "acc@25 > 0.5"},
                            "comparison-schema.json", 4);
  EXPECT_EQ(compared.at("base"), "bad");
  EXPECT_EQ(compared.at("failures").size(), 1u);
  const Json& system = compared.at("systems").at(0);
  EXPECT_EQ(system.at("name"), "good");
  EXPECT_EQ(system.at("records"), kPhotos);
  EXPECT_EQ(system.at("nearer"), 20);  // 12 by 11 km, 8 that were far off
  EXPECT_EQ(system.at("alike"), 4);
  const Json& within_25 = system.at("metrics").at("acc@25");
  EXPECT_NEAR(within_25.at("difference").get<double>(), 8.0 / kPhotos, 1e-12);
  EXPECT_EQ(within_25.at("wins"), 8);
  EXPECT_EQ(within_25.at("losses"), 0);
  EXPECT_EQ(within_25.at("test"), "mcnemar_exact");
  EXPECT_NEAR(within_25.at("p").get<double>(), 2.0 / 256, 1e-12);  // 2 * (1/2)^8
  EXPECT_GE(within_25.at("p_holm").get<double>(), within_25.at("p").get<double>());
  ASSERT_EQ(system.at("groups").size(), 2u);
  EXPECT_EQ(system.at("groups").at(0).at("records"), kPhotos / 2);

  const std::string weights = folder_ / "weights.json";
  const Json fused =
      run({"fuse", "--folds", "4", "--save-weights", weights}, "fusion-report-schema.json", 0);
  EXPECT_EQ(fused.at("folds"), 4);
  EXPECT_EQ(fused.at("settings_by_fold").size(), 4u);
  EXPECT_EQ(fused.at("systems").at(1).at("name"), "good");
  const Json& gain = fused.at("gains").at("acc@25");
  EXPECT_EQ(gain.at("best_single"), "good");
  EXPECT_NEAR(gain.at("single").get<double>(), 20.0 / kPhotos, 1e-12);
  EXPECT_NEAR(gain.at("difference").get<double>(),
              gain.at("fused").get<double>() - gain.at("single").get<double>(), 1e-12);
  const Json model = ReadJsonFile(weights).value();
  EXPECT_EQ(
      SchemaChecker(ReadJsonFile(GRE_SOURCE_DIR "/docs/fusion-schema.json").value()).Check(model),
      "");
  EXPECT_EQ(model.at("systems").at(0).at("answers"), kPhotos);
  EXPECT_GT(model.at("systems").at(1).at("overall").get<double>(),
            model.at("systems").at(0).at("overall").get<double>());
}

// `bench report --out` and others had written over whatever was there.
TEST_F(BenchTest, NoOutputIsOverwrittenWithoutForce) {
  const std::string truth = Write("truth.csv", "id,lat,lon\na,1,2\nb,31,2\n");
  const std::string one = Write("one.csv", "id,lat,lon\na,1,2\nb,31,2\n");
  const std::string two = Write("two.csv", "id,lat,lon\na,1,2\n");
  const std::vector<std::string> inputs = {"--predictions", one,  "--predictions", two,
                                           "--truth",       truth};
  const auto run = [&](const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"bench", command};
    arguments.insert(arguments.end(), inputs.begin(), inputs.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Gre(arguments);
  };
  const std::string weights = folder_ / "weights.json";
  const std::vector<std::pair<std::string, std::vector<std::string>>> outputs = {
      {"report", {"--out", folder_ / "report.md"}},
      {"compare", {"--list-changes", folder_ / "changes.csv"}},
      {"fuse", {"--folds", "2", "--out", folder_ / "fused.csv", "--save-weights", weights}}};
  for (const auto& [command, more] : outputs) {
    EXPECT_EQ(run(command, more).exit_code, 0) << command;
    const ProgramResult again = run(command, more);
    EXPECT_EQ(again.exit_code, 2) << command;
    EXPECT_THAT(again.err, HasSubstr("exists; --force overwrites it"));
    std::vector<std::string> forced = more;
    forced.emplace_back("--force");
    EXPECT_EQ(run(command, forced).exit_code, 0) << command;
  }
  // With weights nothing is scored: what only scoring reads is refused.
  const ProgramResult refused =
      Gre({"bench", "fuse", "--predictions", one, "--predictions", two, "--weights", weights,
           "--out", folder_ / "more.csv", "--thresholds", "5"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--thresholds: has no effect with --weights"));
  const ProgramResult fused = Gre({"bench", "fuse", "--predictions", one, "--predictions", two,
                                   "--weights", weights, "--out", folder_ / "more.csv", "--json"});
  EXPECT_EQ(fused.exit_code, 0) << fused.err;
  EXPECT_THAT(fused.out, HasSubstr("\"photos\":2"));
}

}  // namespace
}  // namespace gre
