// Truth and predictions as people write them, and what is wrong in them.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/predictions_file.h"
#include "bench/truth_file.h"
#include "core/file.h"

namespace gre {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Readers : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "gre_readers_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view content) const {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(WriteFileAtomically(path, content).ok());
    return path;
  }
  std::string TruthError(const std::string& name, std::string_view content,
                         const TruthFields& fields = {}) const {
    const auto truth = ReadTruth(Write(name, content), fields);
    return truth.ok() ? "" : truth.error().message.substr(folder_.size() + 1);
  }

  std::string folder_;
};

TEST_F(Readers, TruthHasPointsCountriesPrecisionAndLabels) {
  const auto truth = ReadTruth(Write("t.csv",
                                     "image_id,LAT,LNG,country,precision_km,category,environment\n"
                                     "a,48.8566,2.3522,France,0.1,natural scene,outdoor\n"
                                     "b,,,Côte d'Ivoire,,,indoor\n"));
  ASSERT_TRUE(truth.ok()) << truth.error().message;
  ASSERT_EQ(truth->records.size(), 2u);
  EXPECT_EQ(truth->records.at(0).point, (LatLng{48.8566, 2.3522}));
  EXPECT_EQ(truth->records.at(0).country_code, "FR");
  EXPECT_EQ(truth->records.at(0).precision_km, 0.1);
  EXPECT_EQ(truth->records.at(0).labels.at("category"), "natural scene");
  EXPECT_FALSE(truth->records.at(1).point.has_value());
  EXPECT_EQ(truth->records.at(1).country_code, "CI");
  EXPECT_EQ(truth->records.at(1).labels.size(), 1u);
  EXPECT_EQ(truth->records.at(1).line, 3u);
}

// The index that pandas writes had been read as precision_km.
TEST_F(Readers, AColumnWithoutANameIsNobodysField) {
  const auto truth = ReadTruth(Write("t.csv", ",id,lat,lon\n0,a,1,2\n7,b,3,4\n"));
  ASSERT_TRUE(truth.ok()) << truth.error().message;
  EXPECT_EQ(truth->records.at(1).precision_km, 0);
  EXPECT_EQ(truth->records.at(1).image, "");
}

TEST_F(Readers, ABenchmarkHasAHeaderAndAnnotations) {
  const auto truth = ReadTruth(
      Write("b.jsonl",
            "{\"schema\":\"gre.benchmark/1\",\"name\":\"x\"}\n"
            "{\"id\":\"a\",\"latitude\":1,\"longitude\":2,\"key_steps\":[\"s\",\"t\"],"
            "\"indicators\":[\"Eiffel Tower\"],\"labels\":{\"category\":\"offices\"}}\n"));
  ASSERT_TRUE(truth.ok()) << truth.error().message;
  ASSERT_EQ(truth->records.size(), 1u);
  EXPECT_THAT(truth->records.at(0).key_steps, ElementsAre("s", "t"));
  EXPECT_THAT(truth->records.at(0).indicators, ElementsAre("Eiffel Tower"));
  EXPECT_EQ(truth->records.at(0).labels.at("category"), "offices");
}

// An unknown country had been passed over in silence where coordinates stand beside it.
TEST_F(Readers, UnknownCountriesBesideCoordinatesAreCounted) {
  const auto truth =
      ReadTruth(Write("t.csv", "id,lat,lon,country\na,1,2,Atlantis\nb,1,2,France\nc,1,2,X\n"));
  ASSERT_TRUE(truth.ok()) << truth.error().message;
  EXPECT_EQ(truth->records.at(0).country_code, "");
  EXPECT_THAT(truth->remarks,
              ElementsAre(HasSubstr("t.csv: field 'country': 2 records with coordinates name no "
                                    "known country (first 'Atlantis' on line 2)")));
}

// Annotations of another JSON type had been passed over in silence.
TEST_F(Readers, AnnotationsOfAnotherTypeAreErrors) {
  const auto error = [&](const std::string& annotation) {
    return TruthError("b.jsonl", R"({"id":"a","latitude":1,"longitude":2,)" + annotation + "}\n");
  };
  EXPECT_EQ(error(R"("indicators":{"a":1})"),
            "b.jsonl:1: field 'indicators': expected a text or an array of texts, found "
            "{\"a\":1}");
  EXPECT_EQ(error(R"("key_steps":["s",7])"),
            "b.jsonl:1: field 'key_steps': expected an array of texts alone, found 7");
  EXPECT_EQ(error(R"("labels":["x"])"),
            "b.jsonl:1: field 'labels': expected an object of texts, found [\"x\"]");
  EXPECT_EQ(error(R"("labels":{"year":2020})"),
            "b.jsonl:1: field 'labels.year': expected a text, found 2020");
  EXPECT_EQ(error(R"("image_sha256":7)"),
            "b.jsonl:1: field 'image_sha256': expected a text, found 7");
  EXPECT_THAT(error(R"("indicators":["a"],"indicator_weights":"1")"),
              HasSubstr("field 'indicator_weights': expected a number above 0 for each of 1"));
  EXPECT_EQ(error(R"("indicators":null,"captions":"one","labels":null)"), "");
}

TEST_F(Readers, WrongTruthIsAnErrorWithItsPlace) {
  EXPECT_EQ(TruthError("t.csv", "id,lat,lon\na,91,0\n"),
            "t.csv:2: field 'lat': expected degrees within -90 and 90, found '91'");
  EXPECT_EQ(TruthError("t.csv", "id,lat,lon\na,1,nan\n"),
            "t.csv:2: field 'lon': expected degrees within -180 and 180, found 'nan'");
  EXPECT_EQ(TruthError("t.csv", "id,lat,lon\na,1,\n"),
            "t.csv:2: field 'lon': expected degrees within -180 and 180, found nothing");
  EXPECT_EQ(TruthError("t.csv", "id,lat,lon\na,1,2\na,1,2\n"),
            "t.csv:3: field 'id': expected an id that stands once, found 'a', which also stands on "
            "line 2");
  EXPECT_EQ(TruthError("t.csv", "id,country\na,Atlantis\n"),
            "t.csv:2: field 'country': expected a country's ISO 3166-1 code or English name, found "
            "'Atlantis'");
  EXPECT_EQ(TruthError("t.csv", "id,lat,lon\n"), "t.csv: expected at least one record, found none");
  EXPECT_EQ(TruthError("t.csv", "id,breadth,lon\na,1,2\n"),
            "t.csv: expected a field with both a latitude and a longitude, found id, breadth, lon; "
            "name it with --truth-lat and --truth-lon");
  EXPECT_THAT(TruthError("t.csv", "id,lat,lon\na,1,2\n", {.id = "name"}),
              HasSubstr("--truth-id: expected a field of the file, found 'name'"));
  EXPECT_THAT(TruthError("t.json", R"([{"id":"a","lat":1,"lon":2},{"id":"b","la)"),
              HasSubstr("the file is cut"));
}

TEST_F(Readers, PredictionsOfEveryFormAreReadAlike) {
  const std::string csv = Write("p.csv", "file,pred_lat,pred_lon\na,1.5,-2\nb,,\nc,91,2\n");
  const std::string replies =
      Write("p.jsonl",
            "{\"image\":\"a\",\"response\":\"<answer>1.5, -2.0</answer>\",\"error\":null}\n"
            "{\"image\":\"b\",\"response\":\"It cannot be determined.\"}\n"
            "{\"image\":\"c\",\"response\":\"<answer>91.0, 2.0</answer>\"}\n"
            "{\"image\":\"d\",\"response\":null,\"error\":\"timeout\"}\n");
  const auto points = ReadPredictions(csv);
  ASSERT_TRUE(points.ok()) << points.error().message;
  EXPECT_EQ(points->predictions[0].point, (LatLng{1.5, -2}));
  EXPECT_EQ(points->predictions[1].outcome, Outcome::kUnparsed);
  EXPECT_EQ(points->predictions[2].outcome, Outcome::kUnparsed);
  EXPECT_THAT(
      points->remarks,
      ElementsAre(HasSubstr(
          "p.csv:4: 'c': field 'pred_lat': expected latitude within -90 and 90, found '91'")));
  EXPECT_THAT(points->remarks[0], HasSubstr("may be swapped"));

  const auto texts = ReadPredictions(replies, {.keep_text = true});
  ASSERT_TRUE(texts.ok()) << texts.error().message;
  EXPECT_EQ(texts->fields.text, "response");
  EXPECT_EQ(texts->predictions[0].point, points->predictions[0].point);
  EXPECT_EQ(texts->predictions[1].outcome, Outcome::kRefused);
  EXPECT_EQ(texts->predictions[1].text, "It cannot be determined.");
  EXPECT_EQ(texts->predictions[2].outcome, Outcome::kUnparsed);
  EXPECT_EQ(texts->predictions[3].outcome, Outcome::kEngineError);
  EXPECT_EQ(texts->predictions[3].reason, "timeout");
}

TEST_F(Readers, InAFileOfJsonFieldsOtherAnswersDoNotCountUnlessAsked) {
  std::string replies;
  for (int i = 0; i < 9; ++i) {
    replies += R"({"id":")" + std::to_string(i) +
               R"(","response":"{\"latitude\": 1.5, \"longitude\": \"-2.0\"}"})" + "\n";
  }
  replies += R"({"id":"prose","response":"Latitude: 1.5000\nLongitude: -2.0000"})";
  const std::string path = Write("f.jsonl", replies);
  const auto fields = ReadPredictions(path);
  ASSERT_TRUE(fields.ok()) << fields.error().message;
  EXPECT_EQ(fields->answers, AnswerRule::kFieldsOnly);
  EXPECT_EQ(fields->predictions[8].outcome, Outcome::kParsed);
  EXPECT_EQ(fields->predictions[9].outcome, Outcome::kUnparsed);
  EXPECT_THAT(fields->remarks, ElementsAre(HasSubstr("f.jsonl:10: 'prose': ")));
  const auto any = ReadPredictions(path, {.answers = AnswerRule::kAny});
  EXPECT_EQ(any->predictions[9].outcome, Outcome::kParsed);
}

TEST_F(Readers, OwnRecordsKeepConfidenceAndRadius) {
  const auto file = ReadPredictions(Write(
      "own.jsonl",
      "{\"schema\":\"gre.predictions/1\",\"model\":\"m\",\"benchmark\":{\"sha256\":\"abc\"}}\n"
      "{\"schema\":\"gre.locate/1\",\"file\":\"a\",\"status\":\"abstained\",\"error\":null,"
      "\"answer\":{\"latitude\":1,\"longitude\":2,\"radius_km\":{\"p50\":3,\"p90\":4},"
      "\"confidence\":0.5},\"chain_text\":\"x\"}\n"
      "{\"schema\":\"gre.locate/1\",\"file\":\"b\",\"status\":\"abstained\",\"error\":null,"
      "\"abstention\":\"why\",\"answer\":null,\"chain_text\":\"x\"}\n"
      "{\"schema\":\"gre.locate/1\",\"file\":\"c\",\"status\":\"failed\",\"answer\":null,"
      "\"error\":{\"code\":\"x\",\"message\":\"y\"},\"chain_text\":\"\"}\n"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_EQ(file->predictions.size(), 3u);
  EXPECT_EQ(file->benchmark_sha256, "abc");
  EXPECT_TRUE(file->predictions[0].abstained);
  EXPECT_EQ(file->predictions[0].outcome, Outcome::kParsed);
  EXPECT_EQ(file->predictions[0].confidence, 0.5);
  EXPECT_EQ(file->predictions[0].radius_p90_km, 4);
  EXPECT_EQ(file->predictions[1].outcome, Outcome::kRefused);
  EXPECT_EQ(file->predictions[1].reason, "why");
  EXPECT_EQ(file->predictions[2].outcome, Outcome::kEngineError);
  EXPECT_THAT(file->remarks, IsEmpty());
}

TEST_F(Readers, ConfidencesOnOtherScalesAreSaidToBeOrLeftOut) {
  const std::string path =
      Write("p.jsonl",
            "{\"id\":\"a\",\"lat\":1,\"lon\":2,\"x\":{\"y\":{\"sure\":\"4\"}}}\n"
            "{\"id\":\"b\",\"lat\":1,\"lon\":2,\"x\":{\"y\":{\"sure\":6}}}\n"
            "{\"id\":\"c\",\"lat\":1,\"lon\":2}\n");
  const auto file =
      ReadPredictions(path, {.fields = {.confidence = "x.y.sure"}, .confidence_max = 5});
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->predictions[0].confidence, 0.8);
  EXPECT_TRUE(std::isnan(file->predictions[1].confidence));
  EXPECT_TRUE(std::isnan(file->predictions[2].confidence));
  EXPECT_THAT(file->remarks,
              ElementsAre(HasSubstr("1 confidences that are no number within 0 and 5")));
}

// "4/5", "high" and "nan" had been passed over in silence.
TEST_F(Readers, ConfidencesThatAreNoNumbersAreCounted) {
  const auto file = ReadPredictions(
      Write("p.csv", "id,lat,lon,confidence\na,1,2,0.5\nb,1,2,high\nc,1,2,nan\nd,1,2,\n"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_THAT(file->remarks, ElementsAre(HasSubstr("2 confidences that are no number within 0")));
}

// The header promised at most 1000 remarks; answers that the rule leaves out had no limit.
TEST_F(Readers, RemarksOnRecordsHaveALimit) {
  std::string replies;
  for (int i = 0; i < 1100; ++i) {
    replies += R"({"id":")" + std::to_string(i) + R"(","response":"Latitude: 1.5 Longitude: -2"})";
    replies += "\n";
  }
  const auto file =
      ReadPredictions(Write("f.jsonl", replies), {.answers = AnswerRule::kFieldsOnly});
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_EQ(file->remarks.size(), kMaxRemarks + 1);
  EXPECT_THAT(file->remarks.back(), HasSubstr("f.jsonl: and 100 more like these"));
}

// Each file of a comparison had been read by a rule of its own.
TEST_F(Readers, FilesThatAreComparedGetOneAnswerRule) {
  const std::string json = R"({"id":"a","response":"{\"latitude\": 1.5, \"longitude\": -2}"})";
  const std::string prose = R"({"id":"a","response":"Latitude: 1.5 Longitude: -2"})";
  const PredictionOptions any = {.answers = AnswerRule::kAny};
  const std::vector<PredictionsFile> files = {
      *ReadPredictions(Write("j.jsonl", json), any), *ReadPredictions(Write("p.jsonl", prose), any),
      *ReadPredictions(Write("c.csv", "id,lat,lon\na,1,2"))};
  const std::span<const PredictionsFile> all = files;
  EXPECT_EQ(ChooseAnswerRule(all), AnswerRule::kAny);
  EXPECT_EQ(ChooseAnswerRule(all.first(1)), AnswerRule::kFieldsOnly);
  EXPECT_EQ(ChooseAnswerRule(all.last(1)), AnswerRule::kAny);
  EXPECT_TRUE(HasReplies(files[1]));
  EXPECT_FALSE(HasReplies(files[2]));
}

TEST_F(Readers, PredictionsWithoutAnIdOrAnAnswerAreErrors) {
  const auto error = [&](std::string_view content, const PredictionFields& fields = {}) {
    const auto file = ReadPredictions(Write("p.csv", content), {.fields = fields});
    return file.ok() ? "" : file.error().message.substr(folder_.size() + 1);
  };
  EXPECT_EQ(error("id,lat,lon\n,1,2\n"), "p.csv:2: field 'id': expected an id, found nothing");
  EXPECT_THAT(error("id,foo\na,1\n"), HasSubstr("found id, foo; name it with --pred-lat"));
  const auto both = ReadPredictions(Write("p.csv", "id,lat,lon,text\na,1,2,x\n"),
                                    {.fields = {.text = "text", .latitude = "lat"}});
  ASSERT_FALSE(both.ok());
  EXPECT_THAT(both.error().message, HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace gre
