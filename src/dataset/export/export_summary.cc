#include <nlohmann/json.hpp>

#include "dataset/export/exporter.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

}  // namespace

Result<CardTables> ReadCardTables(const Dataset& dataset) {
  CardTables tables;
  PhotoTable photos(dataset.database());
  ReplyTable replies(dataset.database());
  GRE_ASSIGN_OR_RETURN(tables.runs, dataset.Runs());
  GRE_ASSIGN_OR_RETURN(tables.teachers, replies.Teachers());
  GRE_ASSIGN_OR_RETURN(tables.findings, photos.CountFindings());
  GRE_ASSIGN_OR_RETURN(tables.spending, replies.Spent());
  GRE_ASSIGN_OR_RETURN(tables.photos, photos.Count(PhotoTable::Which::kAll));
  return tables;
}

std::string ExportSummaryJson(const ExportSummary& summary, int indent) {
  OrderedJson json;
  json["schema"] = "gre.export/1";
  json["format"] = ExportFormatName(summary.format);
  json["out"] = summary.out;
  json["records"] = summary.records;
  json["photos"] = summary.photos;
  json["parts"] = OrderedJson::array();
  for (const ExportSummary::Slice& slice : summary.slices) {
    OrderedJson part = {{"part", DataPartName(slice.part)},
                        {"split", slice.split},
                        {"file", slice.file},
                        {"records", slice.records},
                        {"with_point", slice.with_point},
                        {"with_country", slice.with_country}};
    if (slice.part == DataPart::kJudge) {
      part["true"] = slice.labelled_true;
      part["false"] = slice.labelled_false;
      part["hard"] = slice.hard;
    }
    json["parts"].push_back(std::move(part));
  }
  json["bands"] = summary.bands;
  json["sources"] = summary.sources;
  json["licences"] = summary.licences;
  json["authors"] = summary.authors;
  json["teachers"] = summary.teachers;
  json["reviewed"] = summary.reviewed;
  json["rewritten"] = summary.rewritten;
  json["left_out"] = {{"without_reply", summary.unanswered},
                      {"without_kind", summary.without_kind},
                      {"without_country", summary.without_country}};
  json["images"] = {
      {"linked", summary.linked}, {"copied", summary.copied}, {"missing", summary.missing}};
  json["dropped"] = summary.drops;
  json["prompts"] = OrderedJson::object();
  for (const auto& [hash, use] : summary.prompts) {
    json["prompts"][hash] = {{"name", use.name}, {"records", use.records}};
  }
  json["other_prompts"] = summary.other_prompts;
  json["facts"] = summary.facts;
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
