#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/result.h"
#include "localizer/locate_result.h"
#include "report/html_page.h"

namespace gre {

// The file that --out names, and what earlier runs have put into it.
//
// Results are kept at once, one durable line each: in the .jsonl file itself, for other formats in
// a journal under the cache folder, from which the file is written as a whole (atomically) at the
// end. So a run can be killed at any moment and continued, and a later run skips what is done. Not
// thread-safe.
class ResultsFile {
 public:
  struct Options {
    std::string path;           // .json .jsonl .geojson .kml .csv .html
    std::string cache_dir;      // "$XDG_CACHE_HOME/gre"
    std::string settings_hash;  // of everything that changes answers
    bool force = false;         // start anew, overwriting what is there
    bool single = false;        // one photo: .json holds one object, else an array
    HtmlOptions html = {};
  };

  // kInvalidArgument for an unknown extension, and without `force` for a file that holds results of
  // other settings or something else.
  static Result<ResultsFile> Open(Options options);

  // The result of an earlier run for this input, unless it failed then; nullptr when there is none.
  [[nodiscard]] const LocateResult* Find(const std::string& id,
                                         const std::string& fingerprint) const;

  // Keeps a result.
  Status Add(const LocateResult& result, const std::string& fingerprint);

  // Writes the whole file from `results` (of this run and of earlier ones, in order).
  Status Finish(const std::vector<LocateResult>& results) const;

 private:
  struct Entry {
    std::string fingerprint;
    LocateResult result;
  };

  explicit ResultsFile(Options options) : options_(std::move(options)) {}
  [[nodiscard]] bool is_json_lines() const { return extension_ == ".jsonl"; }
  Status ReadEarlier();
  [[nodiscard]] std::string Line(const LocateResult& result, const std::string& fingerprint) const;

  Options options_;
  std::string extension_;
  std::string journal_path_;
  std::map<std::string, Entry> earlier_;  // by id
  std::optional<LineAppender> journal_;
};

}  // namespace gre
