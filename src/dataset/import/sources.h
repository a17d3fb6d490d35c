#pragma once

#include <string>
#include <vector>

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
// By its extension.
bool IsPhotoFile(const std::string& name);
// dataset/photo_folder.h; ids are the paths that splits.csv has.
Status ReadPhotoFolderSource(const std::string& source, const ImportOptions& options,
                             const RecordSink& sink);
// Records whose fields are looked up by name. A pair of coordinates in one field is read only where
// a flag says its order.
Status ReadListSource(const std::string& source, const ImportOptions& options,
                      const RecordSink& sink);
// The YFCC100M table (dataset/yfcc_table.h). Photos are ID.jpg below the root, where one is given
// and holds them, else they are downloaded.
Status ReadYfccSource(const std::string& source, const ImportOptions& options,
                      const RecordSink& sink);
// WebDataset shards: a tar file or a folder of them. Files whose names are equal up to the first
// dot are a sample, whose id is that key, or the "id" of its JSON: a picture, .json with fields as
// in a list or a conversation, .cls, .txt and other short texts, which are kept by their extension.
Status ReadShardSource(const std::string& source, const ImportOptions& options,
                       const RecordSink& sink);
bool IsShard(const std::string& name);
// Below the folder, sorted.
std::vector<std::string> ShardsOf(const std::string& folder);

// Records of conversations (conversation_record.h): a file, the files that a folder's
// dataset_info.json lists, or GRE's own files in a folder.
Status ReadConversationSource(const std::string& source, const ImportOptions& options,
                              const RecordSink& sink);
// Whether a folder or a file of records is such a source.
Result<bool> HoldsConversations(const std::string& source);

}  // namespace gre
