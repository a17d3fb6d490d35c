#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// A photo that the command line names.
struct PhotoInput {
  enum class Kind { kFile, kUrl, kStandardInput };
  Kind kind = Kind::kFile;
  // "file" in records: relative to the folder that was named, else as written, but never with a
  // URL's user name and password.
  std::string id;
  std::string path;  // where it is read from
};

struct PhotoSelection {
  std::vector<std::string> words = {};  // files, folders, URLs, "-"
  std::string files_from = {};          // a file with one of them a line; "-" = standard input
  bool recursive = false;               // folders with their sub-folders
  std::vector<std::string> include =
      {};         // patterns (fnmatch) that a folder's files must match; against
                  // the relative path where they have a '/', else the name
  int limit = 0;  // at most so many photos; 0 = all
};

// The photos in a fixed order: words as given, a folder's files by path. Of a folder only files
// with a picture's extension count (or those that match `include`); hidden ones never do. A file
// that does not exist is an input that fails later. Errors: nothing named, a folder that cannot be
// read or holds no photo, standard input named twice.
Result<std::vector<PhotoInput>> CollectPhotos(const PhotoSelection& selection);

// The bytes of a photo: from the file, the network or standard input; errors name the input.
Result<std::string> ReadPhoto(const PhotoInput& input, const CancellationToken& cancellation);

// Changes when a file is replaced: 16 hex digits over its size and modification time (for URLs and
// standard input over the name; empty = always read anew).
std::string PhotoFingerprint(const PhotoInput& input);

}  // namespace gre
