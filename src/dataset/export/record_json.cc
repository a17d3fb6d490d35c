#include "dataset/export/record_json.h"

#include <array>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "knowledge/country_facts.h"
#include "reasoning/answer_parser.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kFormatNames = {"gre", "llamafactory", "vlm-r1",
                                                          "trl", "webdataset",   "photos"};
constexpr std::string_view kImageMark = "<image>\n";

std::string Dump(const OrderedJson& json, int indent = -1) {
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson TextOrNull(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

// What Seed is to be answered with: its truth.
std::string TruthAnswer(const Photo& photo) {
  if (photo.point) return Concat({"<answer>", RenderAnswer(*photo.point, 6), "</answer>"});
  const Country* country = FindCountry(photo.country_code);
  return Concat({"<answer>", country == nullptr ? photo.country_code : country->name, "</answer>"});
}

std::string TargetOf(const FinishedRecord& record) {
  switch (record.row.entry.part) {
    case DataPart::kCot:
      return record.chain.whole;
    case DataPart::kJudge:
      return record.row.entry.label.value_or(false) ? "True" : "False";
    case DataPart::kSeed:
      break;
  }
  return TruthAnswer(record.row.photo);
}

OrderedJson Conversations(const FinishedRecord& record) {
  return OrderedJson::array(
      {OrderedJson{{"from", "human"}, {"value", Concat({kImageMark, record.prompt.user})}},
       OrderedJson{{"from", "gpt"}, {"value", TargetOf(record)}}});
}

OrderedJson Message(std::string_view role, std::string_view text) {
  return {{"role", role}, {"content", text}};
}

void AddTruth(OrderedJson& json, const Photo& photo) {
  json["gt_lat"] = photo.point ? OrderedJson(photo.point->latitude_deg) : OrderedJson(nullptr);
  json["gt_lon"] = photo.point ? OrderedJson(photo.point->longitude_deg) : OrderedJson(nullptr);
  if (!photo.point) json["country_code"] = TextOrNull(photo.country_code);
}

void AddJudged(OrderedJson& json, const FinishedRecord& record) {
  if (record.row.entry.part != DataPart::kJudge) return;
  json["predicted_cot"] = record.chain.thinking;
  json["predicted_answer"] = record.chain.answer;
}

OrderedJson GreRecord(const FinishedRecord& record) {
  OrderedJson json;
  json["image"] = record.image;
  if (record.row.entry.part == DataPart::kSeed) {
    json["instructions"] = record.prompt.user;
  } else {
    json["conversations"] = Conversations(record);
  }
  AddTruth(json, record.row.photo);
  AddJudged(json, record);
  return json;
}

OrderedJson OwnFields(ExportFormat format, const FinishedRecord& record) {
  OrderedJson json;
  switch (format) {
    case ExportFormat::kGre:
      return GreRecord(record);
    case ExportFormat::kLlamaFactory:
      json["conversations"] = Conversations(record);
      json["images"] = OrderedJson::array({record.image});
      break;
    case ExportFormat::kVlmR1:
      json["id"] = record.row.photo.id;
      json["image"] = record.image;
      json["conversations"] = Conversations(record);
      break;
    case ExportFormat::kTrl: {
      json["prompt"] = OrderedJson::array();
      if (!record.prompt.system.empty()) {
        json["prompt"].push_back(Message("system", record.prompt.system));
      }
      json["prompt"].push_back(Message("user", record.prompt.user));
      json["completion"] = OrderedJson::array({Message("assistant", TargetOf(record))});
      json["images"] = OrderedJson::array({record.image});
      break;
    }
    case ExportFormat::kWebDataset:
      json["id"] = record.row.photo.id;
      json["part"] = DataPartName(record.row.entry.part);
      json["split"] = record.row.entry.split;
      json.update(GreRecord(record));
      return json;
    case ExportFormat::kPhotos:
      break;
  }
  AddTruth(json, record.row.photo);
  AddJudged(json, record);
  return json;
}

}  // namespace

std::string_view ExportFormatName(ExportFormat format) {
  return kFormatNames[static_cast<size_t>(format)];
}

std::optional<ExportFormat> ParseExportFormat(std::string_view name) {
  for (size_t i = 0; i < kFormatNames.size(); ++i) {
    if (kFormatNames[i] == name) return static_cast<ExportFormat>(i);
  }
  return std::nullopt;
}

std::string FormatRecord(ExportFormat format, const FinishedRecord& record, bool with_extra) {
  OrderedJson json = OwnFields(format, record);
  Json extra = Json::object();
  if (with_extra) {
    if (auto parsed = ParseJson(record.row.photo.extra); parsed.ok() && parsed->is_object()) {
      extra = std::move(parsed).value();
    }
  }
  // an imported Seed's instruction stands in the record already
  const bool instructed =
      record.row.entry.part == DataPart::kSeed && extra.contains("instructions");
  if (instructed) extra.erase("instructions");
  // The system message is a field of that name wherever the format has no place of its own for it;
  // in GRE's files only one that came with the record. A source's field is never taken for it.
  extra.erase("system");
  const bool imported = instructed || record.row.teacher_kind == "imported";
  const bool has_field = format == ExportFormat::kGre ? imported : format != ExportFormat::kTrl;
  if (has_field && !record.prompt.system.empty()) extra["system"] = record.prompt.system;
  for (const auto& [name, value] : extra.items()) {
    if (!json.contains(name)) json[name] = value;
  }
  return Dump(json);
}

std::string FormatProvenance(const FinishedRecord& record) {
  const ExportRow& row = record.row;
  const Photo& photo = row.photo;
  const DataEntry& entry = row.entry;
  OrderedJson json;
  json["id"] = photo.id;
  json["part"] = DataPartName(entry.part);
  json["split"] = entry.split;
  json["image"] = record.image;
  json["sha256"] = TextOrNull(photo.sha256);
  json["width"] = photo.width > 0 ? OrderedJson(photo.width) : OrderedJson(nullptr);
  json["height"] = photo.height > 0 ? OrderedJson(photo.height) : OrderedJson(nullptr);
  json["source"] = photo.source;
  json["url"] = TextOrNull(photo.url);
  json["licence"] = TextOrNull(photo.licence);
  json["author"] = TextOrNull(photo.author);
  json["taken"] = TextOrNull(photo.taken);
  json["kind"] = TextOrNull(photo.kind);
  json["source_split"] = TextOrNull(photo.source_split);
  json["latitude"] = photo.point ? OrderedJson(photo.point->latitude_deg) : OrderedJson(nullptr);
  json["longitude"] = photo.point ? OrderedJson(photo.point->longitude_deg) : OrderedJson(nullptr);
  json["precision_km"] =
      photo.precision_km ? OrderedJson(*photo.precision_km) : OrderedJson(nullptr);
  json["country_code"] = TextOrNull(photo.country_code);
  if (entry.part == DataPart::kSeed) return Dump(json);
  json["teacher"] = TextOrNull(row.teacher);
  json["model"] = TextOrNull(row.model);
  json["prompt_hash"] = TextOrNull(row.prompt_hash);
  json["answered"] = TextOrNull(row.created);
  json["deviation_km"] =
      entry.deviation_km ? OrderedJson(*entry.deviation_km) : OrderedJson(nullptr);
  if (entry.label) json["label"] = *entry.label;
  if (!entry.band.empty()) json["band"] = entry.band;
  json["hard"] = entry.hard;
  json["rewritten"] = record.chain.rewritten;
  json["reviewed"] = entry.reviewed;
  return Dump(json);
}

std::string FormatDatasetInfo(const std::vector<std::string>& names) {
  OrderedJson info = OrderedJson::object();
  for (const std::string& name : names) {
    info[name] = {
        {"file_name", name + ".json"},
        {"formatting", "sharegpt"},
        {"columns", {{"messages", "conversations"}, {"images", "images"}, {"system", "system"}}},
        {"tags",
         {{"role_tag", "from"},
          {"content_tag", "value"},
          {"user_tag", "human"},
          {"assistant_tag", "gpt"}}}};
  }
  return Dump(info, 2) + "\n";
}

}  // namespace gre
