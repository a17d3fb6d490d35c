#pragma once

#include <string>
#include <vector>

#include "cli/results_journal.h"
#include "core/result.h"
#include "image/image.h"
#include "localizer/locate_result.h"
#include "report/html_page.h"

namespace gre {

// The file that --out names, and what earlier runs have put into it.
//
// Results are kept at once in a journal: the .jsonl file itself, for other formats one under the
// cache folder, from which the file is written as a whole (atomically) at the end. So a run can be
// killed at any moment and continued, a later run skips what is done, and runs over different
// photos add up. With `force` the old file stays until the new results are complete. Not
// thread-safe.
class ResultsFile {
 public:
  struct Options {
    std::string path;           // .json .jsonl .geojson .kml .csv .html
    std::string cache_dir;      // "$XDG_CACHE_HOME/gre"; may be empty for .jsonl
    std::string settings_hash;  // of everything that changes answers
    std::string header = {};    // of ResultsJournal, for .jsonl files
    bool force = false;         // start anew, whatever is there
    bool read_only = false;     // only look what is done
    bool single = false;        // one photo: .json holds one object, else an array
    HtmlOptions html = {};      // its `photo` is not used: pictures are kept with the results
  };

  // Writes nothing but an empty journal. kInvalidArgument for an unknown extension, and without
  // `force` for a file that holds results of other settings or something that this program did not
  // write; kUnavailable for a place that cannot be written or that another run is writing.
  static Result<ResultsFile> Open(Options options);

  // The result of an earlier run for a photo in this state, unless it failed then; nullptr when
  // there is none.
  [[nodiscard]] const LocateResult* Find(const ResultsJournal::Key& key,
                                         const std::string& state) const;

  // Whether an older file stays until this run comes to its end.
  [[nodiscard]] bool replaces() const { return journal_.replaces(); }

  // Keeps a result; `photo` (may be nullptr) is for formats that show it.
  Status Add(ResultsJournal::Record record, const RgbImage* photo);

  // Writes the whole file: the photos of `order`, then those of earlier runs. When the run did not
  // come to its end (`complete`), a file that is being replaced stays as it is.
  Status Finish(const std::vector<ResultsJournal::Key>& order, bool complete);

 private:
  ResultsFile(Options options, std::string extension, std::string journal_path,
              ResultsJournal journal)
      : options_(std::move(options)),
        extension_(std::move(extension)),
        journal_path_(std::move(journal_path)),
        journal_(std::move(journal)) {}
  [[nodiscard]] std::string PicturePath(const ResultsJournal::Record& record) const;
  [[nodiscard]] std::string Format(const std::vector<const ResultsJournal::Record*>& records) const;

  Options options_;
  std::string extension_;
  std::string journal_path_;
  ResultsJournal journal_;
};

}  // namespace gre
