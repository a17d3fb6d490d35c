// dataset_teacher_bench FOLDER RECORDS [STORE]
//
// The data pipeline with a teacher that answers at once: RECORDS records of text alone go through
// asking (claim, charge, read, compare with truth, store), division and judge set of a new dataset
// in FOLDER. Prints one JSON object a stage, with records a second and the peak of memory so far.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/resource.h>

#include "dataset/dataset.h"
#include "dataset/parts/division.h"
#include "dataset/parts/judge_set.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/asking.h"
#include "reasoning/answer_parser.h"

namespace {

// Right for two thirds of the photos, a degree or a continent off for the others.
class InstantTeacher final : public gre::Teacher {
 public:
  InstantTeacher() { record_ = {.name = "instant", .kind = "local", .model = "instant"}; }
  [[nodiscard]] const gre::TeacherRecord& record() const override { return record_; }
  [[nodiscard]] const std::string& prompt_hash() const override { return no_prompt_; }
  std::vector<gre::Result<gre::TeacherReply>> Ask(
      std::span<const gre::TeacherQuestion> questions,
      const gre::CancellationToken& /*cancellation*/) override {
    std::vector<gre::Result<gre::TeacherReply>> replies;
    for (const gre::TeacherQuestion& question : questions) {
      gre::LatLng point = *question.photo->point;
      point.latitude_deg += question.photo->number % 3 == 0   ? 1
                            : question.photo->number % 3 == 1 ? 0.01
                                                              : 0.1;
      gre::TeacherReply reply;
      reply.text =
          "<think>\n1. [street_level/architectural_style] terraced houses of red brick -> common "
          "in "
          "the north of England => United Kingdom\n2. [text/language] a shop sign in English -> "
          "English is spoken => United Kingdom\n3. [transport/social_characteristics] cars keep to "
          "the left -> left-hand traffic => United Kingdom\n</think>\n<answer>" +
          gre::RenderAnswer(point) + "</answer>";
      reply.prompt_tokens = 1500;
      reply.completion_tokens = 120;
      replies.emplace_back(std::move(reply));
    }
    return replies;
  }

 private:
  gre::TeacherRecord record_;
  std::string no_prompt_;
};

int Fail(const gre::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 3;
}

class Stages {
 public:
  explicit Stages(long long records) : records_(records) {}
  void Done(const char* stage) {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "{\"stage\": \"%s\", \"records\": %lld, \"seconds\": %.2f, "
        "\"records_per_s\": %.0f, \"peak_mb\": %.0f}\n",
        stage, records_, seconds, static_cast<double>(records_) / seconds,
        static_cast<double>(usage.ru_maxrss) / 1024);
    std::fflush(stdout);
    begin_ = std::chrono::steady_clock::now();
  }

 private:
  long long records_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

int Run(const gre::DatasetLocation& location, long long records) {
  auto dataset = gre::Dataset::Create(location);
  if (!dataset.ok()) return Fail(dataset.error());
  gre::PhotoTable photos(dataset->database());
  Stages stages(records);
  constexpr long long kBatch = 1000;
  for (long long begin = 0; begin < records; begin += kBatch) {
    const gre::Status added = dataset->database().InTransaction([&]() -> gre::Status {
      for (long long i = begin; i < std::min(begin + kBatch, records); ++i) {
        gre::Photo photo;
        photo.id = "photo-" + std::to_string(i);
        photo.source = "bench";
        photo.point = gre::LatLng{51 + static_cast<double>(i % 4000) / 1000,
                                  -2.5 + static_cast<double>(i % 2000) / 1000};
        photo.country_code = "GB";
        GRE_RETURN_IF_ERROR(photos.Add(photo));
      }
      return {};
    });
    if (!added.ok()) return Fail(added.error());
  }
  stages.Done("records added");
  InstantTeacher teacher;
  gre::Teacher* const worker = &teacher;
  gre::AskOptions ask;
  ask.photos_at_once = 256;
  const auto asked = gre::AskTeacher(*dataset, std::span(&worker, 1), ask, {}, {});
  if (!asked.ok()) return Fail(asked.error());
  if (asked->stored != records) return 1;
  stages.Done("asked, read, stored");
  gre::DivisionOptions division;
  division.filter_theta_km = 25;
  const auto divided = gre::DividePhotos(*dataset, division, {});
  if (!divided.ok()) return Fail(divided.error());
  if (divided->accepted + divided->rejected != records) return 1;
  stages.Done("divided");
  gre::JudgeOptions judge;
  judge.judge_theta_km = 25;
  const auto judged = gre::MakeJudgeSet(*dataset, judge, {});
  if (!judged.ok()) return Fail(judged.error());
  stages.Done("judge set");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: dataset_teacher_bench FOLDER RECORDS [STORE]\n");
    return 2;
  }
  return Run({argv[1], argc > 3 ? argv[3] : ""}, std::atoll(argv[2]));
}
