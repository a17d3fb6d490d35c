#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "dataset/export/export_table.h"
#include "dataset/export/record_texts.h"

namespace gre {

enum class ExportFormat {
  kGre,           // GRE30K's own files
  kLlamaFactory,  // sharegpt files with dataset_info.json
  kVlmR1,         // JSON Lines of VLM-R1's grpo_jsonl.py
  kTrl,           // JSON Lines of TRL's conversational data sets
  kWebDataset,    // tar shards
  kPhotos,        // the manifest that `gre train sft` reads
};
std::string_view ExportFormatName(ExportFormat format);  // "gre", "llamafactory", …
std::optional<ExportFormat> ParseExportFormat(std::string_view name);

// What one record says, whatever the format.
struct FinishedRecord {
  const ExportRow& row;
  std::string image;      // "imgs/a.jpg"
  RenderedPrompt prompt;  // to the model: of the chain, or the question of Judge
  ChainText chain;        // empty for Seed
};

// One line of JSON with the fields that the format's readers expect in a fixed order, then the
// source's other fields (photos.extra) by name unless `with_extra` is false. A truth that is only a
// country has "gt_lat" and "gt_lon" null and a "country_code". Not for kPhotos. Pure.
std::string FormatRecord(ExportFormat format, const FinishedRecord& record, bool with_extra);

// Where a record is from, for provenance.jsonl: id, photo, licence, teacher, decisions.
std::string FormatProvenance(const FinishedRecord& record);

// dataset_info.json of LLaMA-Factory for files by name ("gre_cot" -> "gre_cot.json").
std::string FormatDatasetInfo(const std::vector<std::string>& names);

}  // namespace gre
