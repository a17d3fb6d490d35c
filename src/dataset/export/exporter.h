#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/entry_table.h"
#include "dataset/export/record_json.h"
#include "dataset/export/record_texts.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_table.h"
#include "reasoning/prompt_template.h"

namespace gre {

struct ExportOptions {
  ExportFormat format = ExportFormat::kGre;
  std::string out = {};                         // the folder
  std::optional<DataPart> part = std::nullopt;  // unset: all three
  std::string split = {};                       // "train", "dev" or "test"; empty: all
  // Theta of the distance reward for which Seed is exported; required with a truth that is a point,
  // unless fact "theta.reward_km" holds it from an earlier export.
  std::optional<double> reward_theta_km = std::nullopt;
  bool copy_images = false;    // instead of hard links
  bool without_extra = false;  // leave the source's other fields out
  bool force = false;          // replace an earlier export, never another folder
  int64_t shard_records = 10000;
  std::string kind = {};  // kPhotos: of photos that do not say "street" or "travel"
  std::string software = {};
};

// What was exported, for the card, export.json and people.
struct ExportSummary {
  ExportFormat format = ExportFormat::kGre;
  std::string out;
  struct Slice {
    DataPart part = DataPart::kSeed;
    std::string split;
    int64_t records = 0;
    int64_t with_point = 0, with_country = 0;  // what the truth is
    int64_t labelled_true = 0, labelled_false = 0, hard = 0;
    std::string file = {};  // relative; of shards a pattern
  };
  std::vector<Slice> slices;
  std::map<std::string, int64_t> bands;     // of Judge
  std::map<std::string, int64_t> sources;   // records by source of their photo
  std::map<std::string, int64_t> licences;  // "" where none is stated
  std::map<std::string, int64_t> teachers;  // records by teacher
  std::map<std::string, int64_t> reviewed;  // "none" or the annotators
  int64_t records = 0, photos = 0;
  int64_t authors = 0;                            // different ones that are stated
  int64_t rewritten = 0;                          // replies put into the form of the instruction
  int64_t unanswered = 0;                         // CoT and Judge records without a reply, left out
  int64_t without_kind = 0, without_country = 0;  // kPhotos: left out
  int64_t linked = 0, copied = 0, missing = 0;    // photos
  int64_t drops = 0;                              // rows of drops.jsonl
  std::map<std::string, std::string> facts;
  std::map<std::string, Instructions::Use> prompts;
  int64_t other_prompts = 0;
};

// What a card says beside the export's own summary.
struct CardTables {
  std::vector<DatasetRun> runs;
  std::vector<TeacherRecord> teachers;
  std::vector<PhotoTable::FindingCount> findings;
  Spending spending;
  int64_t photos = 0;  // of the dataset, dropped ones included
};
Result<CardTables> ReadCardTables(const Dataset& dataset);

struct ExportTools {
  const PromptTemplate& prompt;  // prompts/gre.prompt
  const PromptTemplate& judge;   // prompts/judge.prompt
  const CancellationToken& cancellation;
  // Records written and of how many; may be empty.
  std::function<void(int64_t, int64_t)> progress = {};
  // README.md (report/data_card.h).
  std::function<std::string(const ExportSummary&, const CardTables&)> card = {};
};

// Writes the finished data in one format with its data card (README.md), provenance.jsonl,
// drops.jsonl and export.json. The folder appears under its name when it is complete; what a killed
// export left ("OUT.partial") is thrown away by the next. Memory does not grow with the number of
// records. kInvalidArgument where the folder exists (without `force`), no record is chosen or a
// theta is missing; kCancelled.
Result<ExportSummary> ExportDataset(const Dataset& dataset, const ExportOptions& options,
                                    const ExportTools& tools);

// The content of export.json, and of `gre dataset export --json`.
std::string ExportSummaryJson(const ExportSummary& summary, int indent = -1);

}  // namespace gre
