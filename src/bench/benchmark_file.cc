#include "bench/benchmark_file.h"

#include <nlohmann/json.hpp>

#include "core/file.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson TextOrNull(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

std::string Line(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string HeaderLine(const BenchmarkHeader& header, size_t records) {
  OrderedJson source = nullptr;
  if (!header.source_format.empty()) {
    source = {{"format", header.source_format},
              {"file", header.source_file},
              {"sha256", header.source_sha256}};
  }
  OrderedJson stages = OrderedJson::object();
  for (const auto& [name, outcome] : header.stages) stages[name] = outcome;
  return Line({{"schema", "gre.benchmark/1"},
               {"name", header.name},
               {"records", records},
               {"dropped", header.dropped},
               {"reviewed", header.reviewed},
               {"source", source},
               {"stages", stages}});
}

std::string RecordLine(const TruthRecord& record) {
  return Line({{"id", record.id},
               {"image", TextOrNull(record.image)},
               {"image_sha256", TextOrNull(record.image_sha256)},
               {"latitude", record.point ? OrderedJson(record.point->latitude_deg) : nullptr},
               {"longitude", record.point ? OrderedJson(record.point->longitude_deg) : nullptr},
               {"precision_km", record.precision_km},
               {"country_code", TextOrNull(record.country_code)},
               {"labels", OrderedJson(record.labels)},
               {"indicators", record.indicators},
               {"indicator_weights", record.indicator_weights},
               {"captions", record.captions},
               {"key_steps", record.key_steps}});
}

}  // namespace

Status WriteBenchmark(const std::string& path, const BenchmarkHeader& header,
                      std::span<const TruthRecord> records) {
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  GRE_RETURN_IF_ERROR(writer.Write(HeaderLine(header, records.size())));
  for (const TruthRecord& record : records) GRE_RETURN_IF_ERROR(writer.Write(RecordLine(record)));
  return writer.Commit();
}

}  // namespace gre
