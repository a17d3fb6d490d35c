#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/entry_table.h"
#include "dataset/import/truth.h"
#include "reasoning/prompt_template.h"

namespace gre {

// A chain or an answer that came with a record.
struct SourceReply {
  std::string text;
  std::string teacher;             // as the source names it; "" the source itself
  RenderedPrompt instruction;      // what was asked; empty: unknown
  std::optional<bool> label = {};  // of Judge: whether the answer is right
};

// A record as a reader of some format found it, before it is judged.
struct SourceRecord {
  std::string place;  // "FILE:LINE", or the path of a photo
  std::string id;
  StatedTruth truth = {};
  std::optional<double> precision_km = {};
  std::string kind = {}, split = {}, author = {}, licence = {}, taken = {};
  std::string extra = "{}";  // JSON object: the source's other fields

  // The photo: its bytes, else a file, else a URL, else none.
  std::string bytes = {};
  std::string path = {};
  std::string url = {};
  // Where the record names a file and there is none: says so.
  std::string missing_file = {};

  std::vector<SourceReply> replies = {};
  std::string answer = {};  // of a conversation, as it is written; "" none
  // Of a record that is finished data already; the photo, the reply and its label are filled later,
  // and an empty split is that of the record.
  std::optional<DataEntry> finished = {};

  // The record could not be read at all: a key and why. Only `place`, and `id` where it is known,
  // are filled then.
  std::string rejected = {}, detail = {};
};

// Takes the records of a source one by one; an error ends the reading.
using RecordSink = std::function<Status(SourceRecord record)>;

}  // namespace gre
