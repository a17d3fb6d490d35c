#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/interval.h"

namespace gre {

// One table, written in every form that reports need. Pure, thread-safe. Text may hold any bytes;
// each form escapes it.

enum class TableAlign { kLeft, kRight };

struct TableColumn {
  std::string title = {};
  TableAlign align = TableAlign::kRight;
  // Cells are figures with intervals; in CSV the column becomes three: "X", "X low", "X high".
  bool has_intervals = false;
};

struct TableFigure {
  double value = 0;  // not finite: shown as "–", empty in CSV
  int decimals = 1;
  std::optional<Interval> interval = {};  // shown as "24.9 [19.7, 30.1]"
};

// Text, or a figure.
struct TableCell {
  TableCell(std::string words) : text(std::move(words)) {}  // NOLINT(*-explicit-*)
  TableCell(const char* words) : text(words) {}             // NOLINT(*-explicit-*)
  TableCell(const TableFigure& number) : figure(number) {}  // NOLINT(*-explicit-*)

  std::string text;
  std::optional<TableFigure> figure;
};

struct Table {
  std::string title;  // may be empty
  std::vector<TableColumn> columns;
  std::vector<std::vector<TableCell>> rows;  // each as long as columns
  std::vector<std::string> notes;            // below it, a line each
};

// The same with a column for each row: the first column's cells become titles, the titles the first
// column. What is wide for many figures is narrow for few rows.
Table Transposed(const Table& table);

// For a terminal: columns aligned by the width that characters take there, a line under the head.
std::string FormatTableText(const Table& table);
// GitHub's pipe tables.
std::string FormatTableMarkdown(const Table& table);
// A LaTeX table environment (booktabs) with the title as caption and the notes below.
std::string FormatTableLatex(const Table& table);
// RFC 4180, figures at full precision; neither title nor notes. Text cells are quoted and defused
// as in all CSV files (EscapeCsvCell).
std::string FormatTableCsv(const Table& table);
// An HTML <table class="figures"> with the title as caption and the notes in its foot.
std::string FormatTableHtml(const Table& table);

}  // namespace gre
