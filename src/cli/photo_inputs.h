#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// A photo that the command line names.
struct PhotoInput {
  enum class Kind { kFile, kUrl, kStandardInput };
  Kind kind = Kind::kFile;
  // "file" in records: relative to the folder that was named, else as written, but never with a
  // URL's user name and password. Valid UTF-8: other bytes are written \xHH.
  std::string id;
  std::string path;                 // where it is read from
  std::optional<Error> error = {};  // why a folder or a URL cannot be read
};

struct PhotoSelection {
  std::vector<std::string> words = {};  // files, folders, URLs, "-"
  // A file with one of them a line, or NUL-terminated; "-" = standard input.
  std::string files_from = {};
  bool recursive = false;  // folders with their sub-folders
  std::vector<std::string> include =
      {};         // patterns (fnmatch) that a folder's files must match; against
                  // the relative path where they have a '/', else the name
  int limit = 0;  // at most so many photos; 0 = all
};

// The photos in a fixed order: words as given, a folder's files by path; one that is named twice
// counts once. Of a folder only files with a picture's extension count (or those that match
// `include`); hidden ones never do, and links to folders are not followed. A file that does not
// exist, a folder that cannot be read or holds no photo and a URL that is not of HTTP are inputs
// that fail later. Errors: nothing named, no photo in any folder, standard input named twice.
Result<std::vector<PhotoInput>> CollectPhotos(const PhotoSelection& selection,
                                              const CancellationToken& cancellation);

// The bytes of a photo: from the file, the network or standard input; errors name the input.
Result<std::string> ReadPhoto(const PhotoInput& input, const CancellationToken& cancellation);

// What tells photos of the same id apart: 16 hex digits over the absolute path or the URL.
std::string PhotoPlaceHash(const PhotoInput& input);

// Changes when a file is replaced: 16 hex digits over its size and modification time (for URLs over
// the name; empty for standard input and what is not there).
std::string PhotoState(const PhotoInput& input);

}  // namespace gre
