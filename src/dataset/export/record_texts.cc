#include "dataset/export/record_texts.h"

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "dataset/teacher/imported_reply.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

constexpr std::string_view kImported = "imported";
constexpr std::string_view kUsualName = "gre";
// Imported records may each have an instruction of their own.
constexpr size_t kMostKnown = 256;

Result<RenderedPrompt> RenderWithoutValues(const PromptTemplate& prompt) {
  std::map<std::string, std::string, std::less<>> values;
  for (const std::string& name : prompt.Names()) values[name];
  return prompt.Render(values);
}

}  // namespace

ChainText ChainTextOf(const ExportRow& row) {
  const std::string& text = row.entry.chain.empty() ? row.reply_text : row.entry.chain;
  const ReplyParts parts = SplitReply(text);
  ChainText chain;
  if ((!parts.thinking.empty() && parts.answer) || row.teacher_kind == kImported) {
    chain.whole = text;
    chain.thinking = Trim(parts.thinking.empty() ? std::string_view(parts.rest) : parts.thinking);
    chain.answer = Trim(parts.answer.value_or(""));
    return chain;
  }
  chain.thinking = RenderChain(ParseChain(text));
  if (row.answer) {
    chain.answer = RenderAnswer(*row.answer);
  } else {
    chain.answer = Trim(parts.answer.value_or(""));
  }
  chain.whole = RenderReply(chain.thinking, chain.answer);
  chain.rewritten = true;
  return chain;
}

Instructions::Instructions(Database& database, RenderedPrompt usual, std::string usual_hash,
                           PromptTemplate judge)
    : database_(&database),
      usual_(std::move(usual)),
      usual_hash_(std::move(usual_hash)),
      judge_(std::move(judge)) {}

Result<Instructions> Instructions::Create(Database& database, const PromptTemplate& usual,
                                          PromptTemplate judge) {
  GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered, RenderWithoutValues(usual));
  Instructions instructions(database, std::move(rendered), usual.hash(), std::move(judge));
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database.Query("SELECT value FROM facts WHERE key = 'theta.judge_km'"));
  if (!rows.empty()) instructions.theta_km_ = rows[0].Text(0);
  return instructions;
}

void Instructions::Count(const std::string& hash, const std::string& name) {
  if (!uses_.contains(hash) && uses_.size() >= kMostKnown) {
    ++other_imported_;
    return;
  }
  Use& use = uses_[hash];
  use.name = name;
  ++use.records;
}

Result<bool> Instructions::FromTable(const ExportRow& row, RenderedPrompt& prompt) {
  if (row.prompt_hash.empty()) return false;
  auto known = known_.find(row.prompt_hash);
  if (known == known_.end()) {
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        database_->Query("SELECT name, text FROM prompts WHERE hash = $1", {row.prompt_hash}));
    if (rows.empty()) return false;
    Known found{ReadImportedPrompt(rows[0].Text(1)), rows[0].Text(0)};
    // An imported instruction is text; others are template files.
    if (row.teacher_kind != kImported) {
      found.prompt = {"", rows[0].Text(1)};
      if (const auto file = PromptTemplate::Parse(rows[0].Text(1)); file.ok()) {
        GRE_ASSIGN_OR_RETURN(found.prompt, RenderWithoutValues(*file));
      }
    }
    if (known_.size() >= kMostKnown) known_.clear();
    known = known_.emplace(row.prompt_hash, std::move(found)).first;
  }
  prompt = known->second.prompt;
  Count(row.prompt_hash, known->second.name);
  return true;
}

Result<RenderedPrompt> Instructions::OfChain(const ExportRow& row) {
  RenderedPrompt prompt;
  GRE_ASSIGN_OR_RETURN(const bool found, FromTable(row, prompt));
  if (found) return prompt;
  if (row.entry.part == DataPart::kSeed &&
      row.photo.extra.find("\"instructions\"") != std::string::npos) {
    const auto extra = ParseJson(row.photo.extra);
    if (extra.ok() && extra->contains("instructions") && extra->at("instructions").is_string()) {
      Count("in the record", "imported with the record");
      const Json system = extra->value("system", Json());
      return RenderedPrompt{system.is_string() ? system.get<std::string>() : std::string(),
                            extra->at("instructions").get<std::string>()};
    }
  }
  Count(usual_hash_, std::string(kUsualName));
  return usual_;
}

Result<RenderedPrompt> Instructions::OfJudge(const ExportRow& row, const ChainText& chain,
                                             bool with_chain) {
  if (row.teacher_kind == kImported) {
    RenderedPrompt prompt;
    GRE_ASSIGN_OR_RETURN(const bool found, FromTable(row, prompt));
    if (found && with_chain && prompt.user.find(chain.thinking) == std::string::npos) {
      prompt.user += Concat({"\n\n", chain.thinking, "\n", chain.answer});
    }
    if (found) return prompt;
  }
  Count(judge_.hash(), "judge");
  std::string criterion = "it lies in the country where the photo was taken";
  if (row.photo.point) {
    criterion = theta_km_.empty()
                    ? std::string("it lies near the place where the photo was taken")
                    : "it lies within " + theta_km_ + " km of the place where the photo was taken";
  }
  return judge_.Render({{"chain", with_chain ? chain.thinking : std::string()},
                        {"answer", with_chain ? chain.answer : std::string()},
                        {"criterion", criterion}});
}

}  // namespace gre
