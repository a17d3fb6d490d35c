#include "dataset/statistics/statistics.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/strings.h"
#include "dataset/export/export_table.h"
#include "dataset/statistics/count_table.h"
#include "dataset/statistics/text_profile.h"
#include "reasoning/chain.h"

namespace gre {
namespace {

constexpr size_t kPlacesAPage = 8192;
constexpr size_t kTextsAPage = 512;
constexpr size_t kMostValues = 200;  // of a column, listed one by one

// Characters, not bytes: those that begin a UTF-8 sequence.
int64_t CountCharacters(std::string_view text) {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

// What is found out about one chain, on any thread.
struct ReadChain {
  Chain chain;
  TextProfile profile;
  int64_t characters = 0;
};

ReadChain ReadText(const std::string& text) {
  ReadChain read;
  read.chain = ParseChain(text);
  read.characters = CountCharacters(text);
  // the grammar's own words are no language
  std::string words;
  for (const ChainStep& step : read.chain) {
    for (const auto* part : {&step.observation, &step.inference, &step.hypothesis}) {
      if (*part) (words += **part) += ". ";
    }
  }
  read.profile = ProfileText(words.empty() ? text : words);
  return read;
}

void AddChain(const ReadChain& read, ChainStatistics& chains) {
  ++chains.chains;
  chains.steps += static_cast<int64_t>(read.chain.size());
  for (const ChainStep& step : read.chain) {
    ++chains.families[step.family];
    if (step.indicator) ++chains.indicators[*step.indicator];
  }
  ++chains.languages[read.profile.language];
  if (!read.profile.script.empty()) ++chains.scripts[read.profile.script];
  for (const std::string& script : read.profile.scripts) ++chains.quoted_scripts[script];
  chains.characters.Add(static_cast<double>(read.characters));
  chains.step_counts.Add(static_cast<double>(read.chain.size()));
}

void AddReply(const Reply& reply, TeacherStatistics& teacher) {
  ++teacher.replies;
  if (reply.reading == ReplyReading::kUnparsed) ++teacher.unparsed;
  if (reply.reading == ReplyReading::kRefused) ++teacher.refused;
  teacher.characters.Add(static_cast<double>(CountCharacters(reply.text)));
  if (reply.completion_tokens > 0) {
    teacher.tokens.Add(static_cast<double>(reply.completion_tokens));
  }
  if (reply.reading != ReplyReading::kOk) return;
  teacher.steps.Add(static_cast<double>(reply.steps));
  if (reply.deviation_km) {
    ++teacher.with_distance;
    teacher.distance_km.Add(*reply.deviation_km);
    for (size_t i = 0; i < teacher.within.size(); ++i) {
      if (*reply.deviation_km <= TeacherStatistics::kThresholdsKm[i]) ++teacher.within[i];
    }
  }
  if (reply.in_country) ++(*reply.in_country ? teacher.inside_country : teacher.outside_country);
  if (reply.findings.find(R"("against":"answer")") != std::string::npos) ++teacher.against_answer;
  if (reply.findings.find(R"("against":"truth")") != std::string::npos) ++teacher.against_truth;
}

class Collector {
 public:
  Collector(const Dataset& dataset, const CancellationToken& cancellation,
            const std::function<void(int64_t)>& progress)
      : dataset_(dataset), cancellation_(cancellation), progress_(progress) {}

  Result<DatasetStatistics> Run() && {
    statistics_.folder = dataset_.folder();
    GRE_RETURN_IF_ERROR(Count());
    GRE_RETURN_IF_ERROR(ReadPlaces());
    GRE_RETURN_IF_ERROR(ReadCot());
    GRE_RETURN_IF_ERROR(ReadReplies());
    return std::move(statistics_);
  }

 private:
  // After each page; kCancelled.
  Status Advance(size_t rows) {
    if (cancellation_.IsCancelled()) {
      return Error{ErrorCode::kCancelled, "interrupted; nothing is written"};
    }
    read_ += static_cast<int64_t>(rows);
    if (progress_) progress_(read_);
    return {};
  }

  Status Count() {
    CountTable counts(dataset_.database());
    PhotoTable photos(dataset_.database());
    GRE_ASSIGN_OR_RETURN(statistics_.photos, photos.Count(PhotoTable::Which::kAll));
    GRE_ASSIGN_OR_RETURN(statistics_.dropped, counts.DroppedPhotos());
    GRE_ASSIGN_OR_RETURN(statistics_.presence, counts.PhotosBy("presence", kMostValues));
    GRE_ASSIGN_OR_RETURN(statistics_.sources, counts.PhotosBy("source", kMostValues));
    GRE_ASSIGN_OR_RETURN(statistics_.licences, counts.PhotosBy("licence", kMostValues));
    GRE_ASSIGN_OR_RETURN(statistics_.kinds, counts.PhotosBy("kind", kMostValues));
    GRE_ASSIGN_OR_RETURN(statistics_.authors, counts.Authors());
    GRE_ASSIGN_OR_RETURN(statistics_.sampled, counts.Sampled());
    GRE_ASSIGN_OR_RETURN(statistics_.entries, counts.Entries());
    GRE_ASSIGN_OR_RETURN(statistics_.findings, photos.CountFindings());
    GRE_ASSIGN_OR_RETURN(statistics_.spending, ReplyTable(dataset_.database()).Spent());
    GRE_ASSIGN_OR_RETURN(statistics_.facts, dataset_.Facts());
    GRE_ASSIGN_OR_RETURN(statistics_.runs, dataset_.Runs());
    return {};
  }

  Status ReadPlaces() {
    PhotoTable photos(dataset_.database());
    for (int64_t after = 0;;) {
      GRE_ASSIGN_OR_RETURN(const std::vector<PhotoPlace> page,
                           photos.Places(PhotoTable::Which::kKept, after, kPlacesAPage));
      if (page.empty()) return {};
      for (const PhotoPlace& place : page) {
        if (!place.country_code.empty()) ++statistics_.density.countries[place.country_code];
        if (place.point) {
          ++statistics_.with_point;
          statistics_.density.Add(*place.point);
        } else if (!place.country_code.empty()) {
          ++statistics_.with_country;
          ++statistics_.density.country_only[place.country_code];
        } else {
          ++statistics_.without_truth;
        }
      }
      after = page.back().number;
      GRE_RETURN_IF_ERROR(Advance(page.size()));
    }
  }

  void AddTexts(const std::vector<std::string>& texts) {
    std::vector<ReadChain> read(texts.size());
    ParallelFor(texts.size(), {.min_items = 16}, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) read[i] = ReadText(texts[i]);
    });
    for (const ReadChain& each : read) AddChain(each, statistics_.chains);
  }

  Status ReadCot() {
    ExportTable table(dataset_.database());
    for (const char* split : {"train", "dev", "test"}) {
      for (int64_t photo = 0, reply = -1;;) {
        GRE_ASSIGN_OR_RETURN(const std::vector<ExportRow> page,
                             table.Page(DataPart::kCot, split, photo, reply, kTextsAPage));
        if (page.empty()) break;
        std::vector<std::string> texts;
        texts.reserve(page.size());
        for (const ExportRow& row : page) {
          texts.push_back(row.entry.chain.empty() ? row.reply_text : row.entry.chain);
        }
        AddTexts(texts);
        photo = page.back().entry.photo;
        reply = page.back().entry.reply;
        GRE_RETURN_IF_ERROR(Advance(page.size()));
      }
    }
    return {};
  }

  Status ReadReplies() {
    ReplyTable table(dataset_.database());
    statistics_.chains.of_replies = statistics_.chains.chains == 0;
    std::map<std::pair<std::string, std::string>, TeacherStatistics> teachers;
    for (int64_t after = 0;;) {
      GRE_ASSIGN_OR_RETURN(const std::vector<Reply> page, table.Page(after, kTextsAPage));
      if (page.empty()) break;
      std::vector<std::string> texts;
      for (const Reply& reply : page) {
        TeacherStatistics& teacher = teachers[{reply.teacher, reply.purpose}];
        teacher.teacher = reply.teacher;
        teacher.purpose = reply.purpose;
        AddReply(reply, teacher);
        if (reply.reading == ReplyReading::kOk) texts.push_back(reply.text);
      }
      if (statistics_.chains.of_replies) AddTexts(texts);
      after = page.back().number;
      GRE_RETURN_IF_ERROR(Advance(page.size()));
    }
    for (auto& [key, teacher] : teachers) statistics_.teachers.push_back(std::move(teacher));
    return {};
  }

  const Dataset& dataset_;
  const CancellationToken& cancellation_;
  const std::function<void(int64_t)>& progress_;
  DatasetStatistics statistics_;
  int64_t read_ = 0;
};

}  // namespace

void PlaceDensity::Add(const LatLng& point) {
  const auto index = [](double degrees, int count) {
    return std::clamp(static_cast<int>(degrees / kCellDegrees), 0, count - 1);
  };
  const int row = index(point.latitude_deg + 90, kRows);
  const int column = index(point.longitude_deg + 180, kColumns);
  ++cells[static_cast<size_t>(row) * kColumns + static_cast<size_t>(column)];
}

Result<DatasetStatistics> CollectStatistics(const Dataset& dataset,
                                            const CancellationToken& cancellation,
                                            const std::function<void(int64_t)>& progress) {
  return Collector(dataset, cancellation, progress).Run();
}

}  // namespace gre
