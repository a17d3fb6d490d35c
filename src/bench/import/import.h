#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/records.h"
#include "bench/truth_file.h"
#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// Published benchmarks, read in the forms in which they circulate (bench/import_formats.cc lists
// the fields; docs/metrics.md the pitfalls). Nothing is corrected on the quiet: a row that cannot
// be used is listed with its reason, a table that is not what it is said to be is an error that
// says how to read it.

struct BenchmarkFormat;

// "greval", "im2gps3k", "yfcc4k", "gws15k", "streetview", "osv5m".
std::vector<std::string_view> BenchmarkFormatNames();
// kInvalidArgument lists the names.
Result<const BenchmarkFormat*> FindBenchmarkFormat(std::string_view name);
std::string_view BenchmarkTitle(const BenchmarkFormat& format);  // "Im2GPS3k"

struct ImportOptions {
  // Fields that hold id and coordinates, where they are not the format's own.
  TruthFields fields = {};
  // The folder of the photos. Rows whose photo is not in it are dropped; `image` becomes the path
  // below it. Empty: photos are not looked for.
  std::string photos = {};
  // A text file whose lines begin with the ids (or file names) to keep. Empty: all.
  std::string ids = {};
  // Takes tables of any size: without it one with a quarter more records than were published is an
  // error, since it is another list (the 25,600 rows that circulate as YFCC4k are YFCC26k's).
  bool any_size = false;
  const CancellationToken* cancellation = nullptr;  // nullptr: the import runs to its end
};

struct DroppedRow {
  std::string place;  // "FILE:LINE"
  std::string id;     // empty where it has none
  std::string reason;
};

struct ImportedBenchmark {
  std::vector<TruthRecord> records;
  std::vector<DroppedRow> dropped;   // in the file's order; records + dropped = rows
  std::vector<std::string> remarks;  // what a reader of the scores should know
};

// kInvalidInput: the file cannot be read, lacks a field, no row can be used, it is another list
// (see any_size), or more than one row in a hundred has coordinates that are possible only when
// exchanged.
Result<ImportedBenchmark> ImportBenchmark(const BenchmarkFormat& format, const std::string& path,
                                          const ImportOptions& options = {});

}  // namespace gre
