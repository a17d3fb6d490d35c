#include <functional>
#include <vector>

#include "core/csv_cell.h"
#include "core/strings.h"
#include "localizer/locate_json.h"
#include "report/map_files.h"
#include "report/text_escape.h"

namespace gre {
namespace {

constexpr int kDegreeDecimals = 6;
constexpr int kKilometreDecimals = 3;

struct Column {
  const char* name;
  std::function<std::string(const LocateResult&)> cell;  // ready for the file
};

// A column of the answer; empty without one.
Column AnswerText(const char* name, std::function<std::string(const LocateAnswer&)> text) {
  return {name, [text = std::move(text)](const LocateResult& result) {
            return result.answer ? EscapeCsvCell(text(*result.answer)) : std::string();
          }};
}
Column AnswerNumber(const char* name, int decimals,
                    std::function<double(const LocateAnswer&)> number) {
  return {name, [decimals, number = std::move(number)](const LocateResult& result) {
            return result.answer ? FormatFixed(number(*result.answer), decimals) : std::string();
          }};
}
Column Text(const char* name, std::function<std::string(const LocateResult&)> text) {
  return {name, [text = std::move(text)](const LocateResult& r) { return EscapeCsvCell(text(r)); }};
}

const std::vector<Column>& Columns() {
  static const std::vector<Column> columns = {
      Text("file", [](const auto& r) { return r.file; }),
      Text("status", [](const auto& r) { return std::string(LocateStatusName(r.status)); }),
      AnswerNumber("latitude", kDegreeDecimals, [](const auto& a) { return a.point.latitude_deg; }),
      AnswerNumber("longitude", kDegreeDecimals,
                   [](const auto& a) { return a.point.longitude_deg; }),
      AnswerNumber("radius_p50_km", kKilometreDecimals,
                   [](const auto& a) { return a.radius_p50_km; }),
      AnswerNumber("radius_p90_km", kKilometreDecimals,
                   [](const auto& a) { return a.radius_p90_km; }),
      AnswerNumber("confidence", 4, [](const auto& a) { return a.confidence; }),
      AnswerText("country_code", [](const auto& a) { return a.place.country_code; }),
      AnswerText("country", [](const auto& a) { return a.place.country; }),
      AnswerText("region", [](const auto& a) { return a.place.region; }),
      AnswerText("nearest_place",
                 [](const auto& a) { return a.place.nearest ? a.place.nearest->name : ""; }),
      AnswerText("nearest_distance_km",
                 [](const auto& a) {
                   return a.place.nearest
                              ? FormatFixed(a.place.nearest->distance_km, kKilometreDecimals)
                              : "";
                 }),
      {"metadata_latitude",
       [](const LocateResult& r) {
         return r.metadata_gps ? FormatFixed(r.metadata_gps->latitude_deg, kDegreeDecimals) : "";
       }},
      {"metadata_longitude",
       [](const LocateResult& r) {
         return r.metadata_gps ? FormatFixed(r.metadata_gps->longitude_deg, kDegreeDecimals) : "";
       }},
      Text("engine", [](const auto& r) { return r.engine_kind; }),
      Text("model", [](const auto& r) { return r.model; }),
      Text("adapter", [](const auto& r) { return r.adapter; }),
      {"samples", [](const LocateResult& r) { return std::to_string(r.samples); }},
      {"seed", [](const LocateResult& r) { return std::to_string(r.seed); }},
      Text("abstention", [](const auto& r) { return r.abstention_reason; }),
      Text("error", [](const auto& r) { return r.error ? r.error->message : ""; }),
      Text("reasoning", [](const auto& r) { return RenderChain(r.chain); }),
  };
  return columns;
}

}  // namespace

std::string FormatCsv(std::span<const LocateResult> results) {
  std::string csv;
  const auto add_row = [&](const auto& cell_of) {
    for (size_t i = 0; i < Columns().size(); ++i) {
      if (i > 0) csv += ',';
      csv += cell_of(Columns()[i]);
    }
    csv += '\n';
  };
  add_row([](const Column& column) { return column.name; });
  for (const LocateResult& result : results) {
    add_row([&](const Column& column) { return column.cell(result); });
  }
  return csv;
}

}  // namespace gre
