#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/result.h"
#include "dataset/export/export_table.h"
#include "reasoning/prompt_template.h"
#include "store/database.h"

namespace gre {

// What a finished record's conversation says.

// A chain and its answer.
struct ChainText {
  std::string whole;     // what the model is to write
  std::string thinking;  // the chain alone
  std::string answer;    // the coordinates alone
  bool rewritten = false;
};

// The record's chain: the reviewers' text, else the reply. Replies in the form of the instruction
// ("<think>…</think><answer>…</answer>") and imported ones stay as they are; others (a recorded
// model's JSON) are rewritten into that form, step by step.
ChainText ChainTextOf(const ExportRow& row);

// The instructions of records by the prompts of their replies. Not thread-safe.
class Instructions {
 public:
  // `usual` stands where no prompt is known: Seed, and teachers that are not asked by one.
  static Result<Instructions> Create(Database& database, const PromptTemplate& usual,
                                     PromptTemplate judge);

  // Of the chain: the system message, which may be empty, and the user's. Seed records that were
  // imported with an instruction keep it.
  Result<RenderedPrompt> OfChain(const ExportRow& row);
  // The question of Judge; an imported record's own where it has one. Without `with_chain` the
  // chain and the answer stand in fields of their own; with it, a question of an import that lacks
  // the chain gets both at its end.
  Result<RenderedPrompt> OfJudge(const ExportRow& row, const ChainText& chain, bool with_chain);

  struct Use {
    std::string name;  // of the prompt
    int64_t records = 0;
  };
  // By hash: which prompts were used, of whatever part.
  [[nodiscard]] const std::map<std::string, Use>& uses() const { return uses_; }
  // Imported instructions beyond those counted one by one.
  [[nodiscard]] int64_t other_imported() const { return other_imported_; }

 private:
  Instructions(Database& database, RenderedPrompt usual, std::string usual_hash,
               PromptTemplate judge);
  // The text in table prompts, rendered; false where there is none.
  Result<bool> FromTable(const ExportRow& row, RenderedPrompt& prompt);
  void Count(const std::string& hash, const std::string& name);

  Database* database_;
  RenderedPrompt usual_;
  std::string usual_hash_;
  PromptTemplate judge_;
  std::string theta_km_;  // fact "theta.judge_km"; may be empty
  struct Known {
    RenderedPrompt prompt;
    std::string name;
  };
  std::map<std::string, Known> known_;
  std::map<std::string, Use> uses_;
  int64_t other_imported_ = 0;
};

}  // namespace gre
