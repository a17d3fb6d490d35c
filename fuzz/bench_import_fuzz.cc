// Tables of benchmarks: every row is kept or dropped with a reason, what is kept can be written and
// read back. The first byte chooses benchmark and extension.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

#include "bench/benchmark_file.h"
#include "bench/import/import.h"
#include "bench/truth_file.h"
#include "core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto names = gre::BenchmarkFormatNames();
  constexpr std::string_view kExtensions[] = {".csv", ".tsv", ".txt", ".json", ".jsonl"};
  const std::string base =
      (std::filesystem::temp_directory_path() / ("gre_import_fuzz_" + std::to_string(getpid())))
          .string();
  const std::string path = base.c_str() + std::string(kExtensions[data[0] / 8 % 5]);
  if (!gre::WriteFileAtomically(path, text).ok()) std::abort();
  const auto format = gre::FindBenchmarkFormat(names[data[0] % 8 % names.size()]);
  const auto read = gre::ImportBenchmark(**format, path);
  if (read.ok()) {
    for (const gre::DroppedRow& row : read->dropped) {
      if (row.reason.empty() || row.place.empty()) std::abort();
    }
    const std::string written = base + ".out.jsonl";
    if (!gre::WriteBenchmark(written, {.name = "x"}, read->records).ok()) std::abort();
    const auto again = gre::ReadTruth(written);
    // Ids that differ only in invalid bytes become equal when written; that is an error, no crash.
    if (again.ok() && again->records.size() != read->records.size()) std::abort();
    std::filesystem::remove(written);
  }
  std::filesystem::remove(path);
  return 0;
}
