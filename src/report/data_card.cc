#include "report/data_card.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "report/charts/axis_scale.h"
#include "report/table.h"
#include "report/text_escape.h"

namespace gre {
namespace {

std::string Number(int64_t value) { return NumberLabel(static_cast<double>(value)); }

TableCell Count(int64_t value) {
  return TableFigure{.value = static_cast<double>(value), .decimals = 0};
}

std::string PartTitle(DataPart part) {
  switch (part) {
    case DataPart::kCot:
      return "CoT";
    case DataPart::kJudge:
      return "Judge";
    case DataPart::kSeed:
      break;
  }
  return "Seed";
}

// How the trainers of each format are pointed at the files.
std::string_view HowToRead(ExportFormat format) {
  switch (format) {
    case ExportFormat::kGre:
      return "GRE's own layout: name the folder `dataset` and put it where GRE's repository "
             "expects "
             "it. `image` is relative to the folder of its JSON file. The question of Judge stands "
             "in `conversations`, the chain and the answer that are judged in `predicted_cot` and "
             "`predicted_answer`. Splits other than train lie beside the files as `_dev` and "
             "`_test`.";
    case ExportFormat::kLlamaFactory:
      return "For LLaMA-Factory: `dataset_dir: <this folder>`, `media_dir: <this folder>`, "
             "`dataset: "
             "gre_cot` (the names of `dataset_info.json`).";
    case ExportFormat::kVlmR1:
      return "For VLM-R1: `--data_file_paths <this folder>/gre_seed.jsonl --image_folders <this "
             "folder>`. Its solution is the text inside `<answer>`; it has no reward by distance, "
             "so one with the theta below is to be registered. Judge is right by the exact words "
             "True and False; VLM-R1's reward `yes_no` does not know them.";
    case ExportFormat::kTrl:
      return "For TRL (conversational prompt and completion): `load_dataset(\"json\", "
             "data_files=…)`, the images opened from this folder. `gt_lat` and `gt_lon` reach "
             "reward functions as columns.";
    case ExportFormat::kWebDataset:
      return "WebDataset: tar shards in which `KEY.json` and the photo follow each other, for "
             "`webdataset.WebDataset(\"gre_cot-train-{000000..N}.tar\")`.";
    case ExportFormat::kPhotos:
      break;
  }
  return "For `gre train sft --set data.photos=<this folder> --set "
         "data.manifest=<this folder>/manifest.jsonl`.";
}

Table RecordsTable(const ExportSummary& summary) {
  Table table;
  table.columns = {{"part", TableAlign::kLeft},
                   {"split", TableAlign::kLeft},
                   {"records"},
                   {"truth is a point"},
                   {"truth is a country"},
                   {"True"},
                   {"False"},
                   {"hard"},
                   {"file", TableAlign::kLeft}};
  for (const ExportSummary::Slice& slice : summary.slices) {
    const bool judge = slice.part == DataPart::kJudge;
    table.rows.push_back({PartTitle(slice.part), slice.split, Count(slice.records),
                          Count(slice.with_point), Count(slice.with_country),
                          judge ? Count(slice.labelled_true) : TableCell(""),
                          judge ? Count(slice.labelled_false) : TableCell(""),
                          judge ? Count(slice.hard) : TableCell(""), slice.file});
  }
  return table;
}

Table Tally(const char* title, const std::map<std::string, int64_t>& counts,
            const char* none = "not stated") {
  Table table;
  table.columns = {{title, TableAlign::kLeft}, {"records"}};
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [key, count] : sorted) {
    table.rows.push_back({key.empty() ? std::string(none) : key, Count(count)});
  }
  return table;
}

// "gre dataset cot DIR --theta 25": a run as it would be typed.
std::string CommandLine(const DatasetRun& run) {
  std::string line = run.command.starts_with("gre ") ? run.command : "gre dataset " + run.command;
  const auto settings = ParseJson(run.settings);
  if (!settings.ok() || !settings->is_object()) return line;
  const auto add = [&](const std::string& text) {
    const bool plain =
        !text.empty() && text.find_first_of(" \t\n'\"$\\*?;&|<>()`#~") == std::string::npos;
    line += ' ';
    if (plain) {
      line += text;
      return;
    }
    line += '\'';
    for (const char c : text) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c == '\n' ? ' ' : c;
      }
    }
    line += '\'';
  };
  // Positional arguments are in capitals.
  for (const bool positional : {true, false}) {
    for (const auto& [name, value] : settings->items()) {
      if ((!name.empty() && name[0] >= 'A' && name[0] <= 'Z') != positional) continue;
      const Json list = value.is_array() ? value : Json::array({value});
      for (const Json& each : list) {
        const std::string text = each.is_string() ? each.get<std::string>() : DumpJson(each);
        if (text == "false") continue;
        if (!positional) ((line += " --") += name);
        if (positional || text != "true") add(text);
      }
    }
  }
  return line;
}

class Card {
 public:
  Card(const ExportSummary& summary, const CardTables& tables)
      : summary_(summary), tables_(tables) {}

  std::string Render() && {
    Head();
    Section("Records");
    Put(RecordsTable(summary_));
    if (!summary_.bands.empty()) {
      Paragraph("Judge by the distance of the answer from the truth:");
      Put(Tally("band", summary_.bands));
    }
    out_ += HowToRead(summary_.format);
    out_ +=
        "\n\n`provenance.jsonl` has a line for each record (photo, hash, source, licence, author, "
        "teacher, deviation, review), `drops.jsonl` one for each photo that was left out and "
        "why, `export.json` these figures for programs.\n\n";
    Bounds();
    Photos();
    Teachers();
    LeftOut();
    Review();
    Reproduce();
    return std::move(out_);
  }

 private:
  void Section(std::string_view title) { out_ += Concat({"## ", title, "\n\n"}); }
  void Paragraph(std::string_view text) { out_ += Concat({text, "\n\n"}); }
  void Put(const Table& table) { out_ += FormatTableMarkdown(table) + "\n"; }

  [[nodiscard]] std::string Fact(const std::string& key) const {
    const auto found = summary_.facts.find(key);
    return found == summary_.facts.end() ? "" : found->second;
  }

  void Head() {
    const std::string name = std::filesystem::path(summary_.out).lexically_normal().filename();
    out_ =
        "---\nlicense: other\nlicense_name: see-photos\ntask_categories:\n- image-text-to-text\n"
        "tags:\n- geolocation\n- reasoning\n---\n";
    out_ += Concat({"# ", EscapeMarkdown(name.empty() ? "Dataset" : name), "\n\n"});
    Paragraph(Concat(
        {"Reasoning data for saying where a photo was taken: ", Number(summary_.records),
         " records on ", Number(summary_.photos),
         " photos, in the parts of GRE30K (CoT: photo, "
         "chain and coordinates; Judge: photo, chain, answer and whether it is right; Seed: photo "
         "and true place), format `",
         ExportFormatName(summary_.format), "`."}));
  }

  void Bounds() {
    Section("Bounds");
    Table table;
    table.columns = {{"theta", TableAlign::kLeft},
                     {"km", TableAlign::kLeft},
                     {"what it decides", TableAlign::kLeft}};
    const auto row = [&](const char* title, const std::string& key, const char* what) {
      const std::string value = Fact(key);
      table.rows.push_back({title, value.empty() ? std::string("not set") : value, what});
    };
    row("filter", "theta.filter_km", "an answer farther from the truth never enters CoT");
    row("judge", "theta.judge_km", "an answer at most this far is True");
    row("reward", "theta.reward_km", "the reward 2 / (1 + e^(d/theta)) that Seed is meant for");
    Put(table);
    Paragraph(
        "GRE published none of its own. Distances are WGS-84 geodesics. Where the truth is "
        "only a country, an answer is right when it lies in that country, and no theta "
        "applies.");
  }

  void Photos() {
    Section("Photos, licences, authors");
    Put(Tally("source", summary_.sources));
    Put(Tally("licence", summary_.licences));
    Paragraph(Concat(
        {"Different authors stated: ", Number(summary_.authors),
         ". Photos and their licences belong to their authors; `provenance.jsonl` names both for "
         "each record. A licence that is not stated is not a permission."}));
    if (summary_.missing > 0) {
      Paragraph(Concat({"**", Number(summary_.missing),
                        " photos are only named**: the dataset holds their records without the "
                        "files. Put them where `image` says before training."}));
    }
  }

  void Teachers() {
    if (summary_.teachers.empty()) return;
    Section("Teachers and instructions");
    Table table;
    table.columns = {{"teacher", TableAlign::kLeft},
                     {"kind", TableAlign::kLeft},
                     {"model", TableAlign::kLeft},
                     {"settings", TableAlign::kLeft},
                     {"records"}};
    for (const TeacherRecord& teacher : tables_.teachers) {
      const auto found = summary_.teachers.find(teacher.name);
      if (found == summary_.teachers.end()) continue;
      table.rows.push_back(
          {teacher.name, teacher.kind, teacher.model, teacher.settings, Count(found->second)});
    }
    Put(table);
    if (!summary_.prompts.empty()) {
      Table prompts;
      prompts.columns = {
          {"instruction", TableAlign::kLeft}, {"SHA-256", TableAlign::kLeft}, {"records"}};
      for (const auto& [hash, use] : summary_.prompts) {
        prompts.rows.push_back({use.name, hash, Count(use.records)});
      }
      if (summary_.other_prompts > 0) {
        prompts.rows.push_back({"others, imported", "", Count(summary_.other_prompts)});
      }
      Put(prompts);
      Paragraph(
          "Seed records, and replies that came without an instruction (recorded or from the "
          "fact table), carry `gre`: `prompts/gre.prompt` without an area.");
    }
    if (summary_.rewritten > 0) {
      Paragraph(Concat({Number(summary_.rewritten),
                        " replies had another form than the instruction asks for (JSON, headings, "
                        "prose) and were rewritten step by step into `<think>…</think>` and "
                        "`<answer>…</answer>`; the originals are in the dataset."}));
    }
    const Spending& spent = tables_.spending;
    if (spent.requests > 0) {
      Paragraph(
          Concat({"Asking took ", Number(spent.requests), " requests (", Number(spent.lost),
                  " lost with their process and counted), ", Number(spent.prompt_tokens),
                  " prompt and ", Number(spent.completion_tokens), " completion tokens, cost ",
                  FormatFixed(spent.cost, 2), " by the price table."}));
    }
  }

  void LeftOut() {
    Section("What was left out");
    Table table;
    table.columns = {{"stage", TableAlign::kLeft},
                     {"reason", TableAlign::kLeft},
                     {"photos dropped"},
                     {"photos flagged"}};
    for (const PhotoTable::FindingCount& finding : tables_.findings) {
      table.rows.push_back({finding.stage, finding.reason,
                            finding.drops ? Count(finding.photos) : TableCell(""),
                            finding.drops ? TableCell("") : Count(finding.photos)});
    }
    if (table.rows.empty()) {
      Paragraph(Concat({"No stage has found anything about the ", Number(tables_.photos),
                        " photos of the dataset."}));
    } else {
      Put(table);
      Paragraph(Concat({"Of ", Number(tables_.photos),
                        " photos in the dataset. A photo can have several reasons."}));
    }
    for (const auto& [count, what] :
         {std::pair(summary_.unanswered, " records without a reply"),
          std::pair(summary_.without_kind, " photos that are neither street nor travel (--kind)"),
          std::pair(summary_.without_country, " photos without a country")}) {
      if (count > 0) Paragraph(Concat({"This export also leaves out ", Number(count), what, "."}));
    }
  }

  void Review() {
    Section("Review");
    const auto none = summary_.reviewed.find("none");
    if (summary_.reviewed.size() == (none == summary_.reviewed.end() ? 0U : 1U)) {
      Paragraph("reviewed: none. No person has looked at these chains.");
      return;
    }
    Put(Tally("reviewed by", summary_.reviewed));
  }

  void Reproduce() {
    Section("How it was made");
    std::string software;
    out_ += "```sh\n";
    for (const DatasetRun& run : tables_.runs) {
      if (run.command.ends_with("stats")) continue;
      if (run.software != software) {
        software = run.software;
        out_ += Concat({"# ", PlainLine(software), "\n"});
      }
      std::string line = PlainLine(CommandLine(run));
      // nothing may end the block
      for (size_t at = 0; (at = line.find("```", at)) != std::string::npos;) line.erase(at, 3);
      out_ += line;
      const bool is_export = run.command.ends_with("export");
      out_ += Concat({"  # ", PlainLine(run.started),
                      run.ended.empty() && !is_export ? ", interrupted" : "", "\n"});
    }
    out_ += "```\n";
  }

  const ExportSummary& summary_;
  const CardTables& tables_;
  std::string out_;
};

}  // namespace

std::string FormatDataCard(const ExportSummary& summary, const CardTables& tables) {
  return Card(summary, tables).Render();
}

}  // namespace gre
