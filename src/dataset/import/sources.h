#pragma once

#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/import/import.h"
#include "dataset/import/source_record.h"

namespace gre {

// The readers of the import's formats. Each gives every record of `source` to `sink`, one at a
// time; a record that cannot be read is given as a rejected one. Errors: the source as a whole
// cannot be read, or is not what it should be, or the sink's.

// Photos of a folder and its sub-folders, by path; hidden files and links to folders are passed
// over. Truth is the GPS position that the photo's metadata holds; one without, or whose position
// is an estimate, is rejected ("no_position").
Status ReadFolderSource(const std::string& source, const ImportOptions& options,
                        const RecordSink& sink);
// dataset/photo_folder.h; ids are the paths that splits.csv has.
Status ReadPhotoFolderSource(const std::string& source, const ImportOptions& options,
                             const RecordSink& sink);
// Records whose fields are looked up by name. A pair of coordinates in one field is read only where
// a flag says its order.
Status ReadListSource(const std::string& source, const ImportOptions& options,
                      const RecordSink& sink);

}  // namespace gre
