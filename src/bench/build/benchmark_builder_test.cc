#include "bench/build/benchmark_builder.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/benchmark_file.h"
#include "bench/build/indicator_corpus.h"
#include "bench/build/photo_annotator.h"
#include "bench/truth_file.h"
#include "core/file.h"
#include "generation/scripted_generator.h"
#include "image/encode.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

RgbImage Flat(uint8_t level) {
  RgbImage image;
  image.width = 40;
  image.height = 30;
  image.pixels.assign(size_t{40} * 30 * 3, level);
  return image;
}

// Sees a face in photos by their brightness.
class FakeFaces final : public FaceDetector {
 public:
  Result<std::vector<FaceBox>> Detect(const RgbImage& image) override {
    ++calls;
    if (image.pixels[0] < 200) return std::vector<FaceBox>{{0, 0, 4, 3}};
    return std::vector<FaceBox>{{0, 0, 30, 25}};
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  int calls = 0;

 private:
  std::string name_ = "fake";
};

constexpr std::string_view kLabels =
    "category: Road traffic\nindicator: language\nclue: Greek letters\ncaption: A road.";

struct Collection {
  testing::TemporaryFolder folder;
  std::vector<TruthRecord> photos;

  Collection() {
    const auto add = [&](const std::string& name, std::string_view bytes, bool point) {
      EXPECT_TRUE(WriteFileAtomically(folder.path() + "/" + name, bytes).ok());
      TruthRecord record;
      record.id = name;
      record.country_code = "GR";
      if (point) record.point = LatLng{38, 23.7};
      photos.push_back(record);
    };
    const std::string grey = *EncodePng(Flat(100));
    add("a.png", grey, true);
    add("b.png", *EncodePng(Flat(250)), true);  // a face
    add("c.png", grey, true);                   // a copy of a
    add("d.png", "no picture", true);
    add("e.png", *EncodePng(Flat(120)), false);
    add("f.png", *EncodePng(Flat(140)), true);
  }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = folder.path() + "/" + name;
    EXPECT_TRUE(WriteFileAtomically(path, text).ok());
    return path;
  }
};

TEST(BenchmarkBuilder, EveryStageDropsAndEveryDropHasAReason) {
  Collection collection;
  FakeFaces faces;
  // f is asked twice for its key steps: the first answer cannot be read.
  int refused = 0;
  ScriptedGenerator engine([&](const GenerationRequest& request, int) -> Result<std::string> {
    const std::string text = request.messages.back().content.back().text;
    if (text.find("The categories:") != std::string::npos) return std::string(kLabels);
    EXPECT_NE(text.find("38.0000, 23.7000"), std::string::npos);
    if (request.id.starts_with("f.png") && refused++ == 0) return std::string("Sorry.");
    return std::string("1. The letters are Greek.\n2. So this is Greece.");
  });
  const auto labels = PromptTemplate::Load(GRE_SOURCE_DIR "/prompts/photo_labels.prompt");
  const auto steps = PromptTemplate::Load(GRE_SOURCE_DIR "/prompts/key_steps.prompt");
  ASSERT_TRUE(labels.ok() && steps.ok());
  std::vector<std::string> files;
  for (const std::string name : {"x", "y", "z"}) {
    const std::string e = name == "z" ? "yes,no" : "no,no";
    files.push_back(collection.Write(
        name + ".csv", "id,country,city\na.png,yes,yes\ne.png," + e + "\nf.png,YES,no\n"));
  }
  const auto decisions = ReadAnnotatorDecisions(files);
  ASSERT_TRUE(decisions.ok()) << decisions.error().message;

  BuildTools tools;
  tools.faces = &faces;
  tools.no_clues = "no CLIP model";
  tools.decisions = &*decisions;
  tools.engine = &engine;
  tools.engine_settings = "scripted";
  tools.label_prompt = &*labels;
  tools.key_step_prompt = &*steps;
  const auto build = [&] {
    auto journal = ResultJournal::Open(collection.folder.path() + "/journal", "gre.build/1");
    EXPECT_TRUE(journal.ok());
    auto built =
        BuildBenchmark(collection.photos, collection.folder.path(), tools, {}, *journal, {}, {});
    EXPECT_TRUE(built.ok());
    return *built;
  };
  BuiltBenchmark built = build();
  std::vector<std::string> drops;
  for (const DroppedPhoto& photo : built.dropped) drops.push_back(photo.id + " " + photo.stage);
  EXPECT_EQ(drops, (std::vector<std::string>{"c.png photo", "d.png photo", "b.png faces",
                                             "e.png decisions"}));
  EXPECT_EQ(built.dropped[0].reason, "the same file as a.png");
  EXPECT_EQ(built.dropped[2].reason, "a face covers 62 % of it");
  EXPECT_EQ(built.dropped[3].reason, "2 of 3 annotators can infer neither country nor city");
  ASSERT_EQ(built.failures.size(), 2u);
  EXPECT_TRUE(built.failures[0].starts_with("d.png: photo: "));
  EXPECT_NE(built.failures[1].find("f.png: key_steps: "), std::string::npos);
  ASSERT_EQ(built.records.size(), 2u);
  EXPECT_EQ(built.records[0].labels.at("category"), "road traffic");
  EXPECT_EQ(built.records[0].labels.at("environment"), "outdoor");
  EXPECT_EQ(built.records[0].indicators, std::vector<std::string>{"Greek letters"});
  EXPECT_EQ(built.records[0].key_steps.size(), 2u);
  EXPECT_TRUE(built.records[1].key_steps.empty());
  EXPECT_EQ(built.stages[2].skipped, "no CLIP model");
  EXPECT_EQ(built.reviewed, "x, y, z");
  EXPECT_NEAR(built.agreement->country.kappa.value(), 0.357, 0.001);

  // The next build does only what is missing, and ends where one without interruption would.
  const int calls = faces.calls;
  const size_t asked = engine.requests().size();
  built = build();
  EXPECT_EQ(faces.calls, calls);
  EXPECT_EQ(engine.requests().size(), asked + 1);
  EXPECT_EQ(built.failures.size(), 1u);
  EXPECT_EQ(built.records[1].key_steps.size(), 2u);

  const std::string out = collection.folder.path() + "/out.jsonl";
  ASSERT_TRUE(WriteBenchmark(out, {.name = "x"}, built.records).ok());
  const auto read = ReadTruth(out);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->records.size(), 2u);
  EXPECT_EQ(read->records[0].image_sha256, built.records[0].image_sha256);
  EXPECT_EQ(read->records[0].image_sha256.size(), 64u);
}

TEST(BenchmarkBuilder, CluesBecomeIndicatorsAndFewLikenessesDrop) {
  Collection collection;
  BuildTools tools;
  tools.no_faces = tools.no_decisions = tools.no_engine = "none";
  tools.clues_settings = "fake";
  tools.clues = [](const RgbImage& image) -> Result<std::vector<ClueMatch>> {
    const double best = image.pixels[0] == 100 ? 0.31 : 0.2;
    return std::vector<ClueMatch>{{"Greek letters -> Greece", best}, {"Japan", 0.1}};
  };
  BuildOptions options;
  options.min_similarity = 0.25;
  auto journal = ResultJournal::Open(collection.folder.path() + "/journal", "gre.build/1");
  ASSERT_TRUE(journal.ok());
  const auto built =
      BuildBenchmark(collection.photos, collection.folder.path(), tools, options, *journal, {}, {});
  ASSERT_TRUE(built.ok());
  ASSERT_EQ(built->records.size(), 1u);
  EXPECT_EQ(built->records[0].indicators, std::vector<std::string>{"Greek letters -> Greece"});
  EXPECT_EQ(built->dropped.back().reason, "its best similarity to the indicator corpus is 0.200");
  EXPECT_EQ(built->reviewed, "none");
}

TEST(AnnotatorDecisions, BadFilesAreNamed) {
  testing::TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& rows) {
    const std::string path = folder.path() + "/" + name;
    EXPECT_TRUE(WriteFileAtomically(path, "id,country,city\n" + rows).ok());
    return path;
  };
  const std::string good = write("good.csv", "a,yes,no\nb,no,no\n");
  const auto error = [&](const std::string& third) {
    const std::vector<std::string> paths = {good, good, third};
    const auto read = ReadAnnotatorDecisions(paths);
    return read.ok() ? std::string("none") : read.error().message;
  };
  EXPECT_EQ(error(good), "none");
  EXPECT_NE(error(write("word.csv", "a,maybe,no\nb,no,no\n")).find("word.csv:2"),
            std::string::npos);
  EXPECT_NE(error(write("few.csv", "a,yes,no\n")).find("a row for 'b'"), std::string::npos);
  EXPECT_NE(error(write("more.csv", "a,yes,no\nb,no,no\nc,no,no\n")).find("more.csv:4"),
            std::string::npos);
  EXPECT_NE(error(write("twice.csv", "a,yes,no\na,no,no\n")).find("each id once"),
            std::string::npos);
  const std::vector<std::string> two = {good, good};
  EXPECT_FALSE(ReadAnnotatorDecisions(two).ok());
}

TEST(PhotoAnnotator, ReadsLabelsOrSaysWhatIsWrong) {
  const auto labels = ReadPhotoLabels(
      "<think>category: offices</think>\n**Category**: road traffic "
      "(outdoor)\n- indicator: `climate`\nclue: snow\n");
  ASSERT_TRUE(labels.ok()) << labels.error().message;
  EXPECT_EQ(labels->category, "road traffic");
  EXPECT_EQ(labels->indicator, "climate");
  EXPECT_EQ(labels->clues, std::vector<std::string>{"snow"});
  EXPECT_NE(ReadPhotoLabels("category: sea\nindicator: climate").error().message.find("'sea'"),
            std::string::npos);
  EXPECT_FALSE(ReadPhotoLabels("category: offices").ok());
  EXPECT_FALSE(ReadPhotoLabels("category: offices\nindicator: hemisphere").ok());
  EXPECT_FALSE(ReadKeySteps("none").ok());
  EXPECT_EQ(ReadKeySteps("Steps:\n1. a\n 2) b\n")->size(), 2u);
  size_t greval = 0;
  for (const SceneCategory& scene : SceneCategories()) greval += scene.greval_photos;
  EXPECT_EQ(greval, 3000u);
}

TEST(IndicatorCorpus, TakesPlacesAndPatternsThatSeveralChainsHold) {
  const auto gazetteer = Gazetteer::FromCsv(
      "lat,lon,name,admin1,admin2,cc\n35.02,135.75,Kyoto,Kyoto,,JP\n48.85,2.35,Paris,,,FR\n");
  ASSERT_TRUE(gazetteer.ok()) << gazetteer.error().message;
  const std::vector<Chain> chains = {
      {{.observation = "Red torii gates, which are found in Japan. Perhaps near Kyoto",
        .hypothesis = "Kyoto, Japan"}},
      {{.inference = "The red torii gates are typical of Japan", .hypothesis = "Japan"}},
      {{.observation = "the temple in Kyoto or Paris", .hypothesis = "Japan"}},
      {{.observation = "a road", .hypothesis = "Peru"}}};
  std::vector<std::string> texts;
  for (const CorpusEntry& entry : BuildIndicatorCorpus(chains, &*gazetteer)) {
    texts.push_back(entry.text + " " + std::to_string(entry.chains));
  }
  EXPECT_EQ(texts,
            (std::vector<std::string>{"Japan 3", "Kyoto, Japan 2", "red torii gates -> Japan 2"}));
}

}  // namespace
}  // namespace gre
