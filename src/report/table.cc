#include "report/table.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/csv_cell.h"
#include "core/strings.h"
#include "report/text_escape.h"
#include "report/text_layout.h"

namespace gre {
namespace {

constexpr std::string_view kNothing = "–";

std::string FigureText(const TableFigure& figure) {
  if (!std::isfinite(figure.value)) return std::string(kNothing);
  std::string text = FormatFixed(figure.value, figure.decimals);
  if (figure.interval && std::isfinite(figure.interval->low) &&
      std::isfinite(figure.interval->high)) {
    text += Concat({" [", FormatFixed(figure.interval->low, figure.decimals), ", ",
                    FormatFixed(figure.interval->high, figure.decimals), "]"});
  }
  return text;
}

std::string CellText(const TableCell& cell) {
  return cell.figure ? FigureText(*cell.figure) : cell.text;
}

// Head first, then the rows.
std::vector<std::vector<std::string>> Lines(const Table& table,
                                            std::string (*escape)(std::string_view)) {
  std::vector<std::vector<std::string>> lines(1);
  for (const TableColumn& column : table.columns) lines[0].push_back(escape(column.title));
  for (const std::vector<TableCell>& row : table.rows) {
    GRE_CHECK(row.size() == table.columns.size());
    std::vector<std::string>& line = lines.emplace_back();
    for (const TableCell& cell : row) line.push_back(escape(CellText(cell)));
  }
  return lines;
}

std::vector<int> Widths(const std::vector<std::vector<std::string>>& lines) {
  std::vector<int> widths(lines[0].size(), 3);  // Markdown's rule wants three characters
  for (const std::vector<std::string>& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(line[i]));
    }
  }
  return widths;
}

std::string Padded(const std::string& text, int width, TableAlign align) {
  const std::string blanks(static_cast<size_t>(std::max(0, width - DisplayWidth(text))), ' ');
  return align == TableAlign::kLeft ? text + blanks : blanks + text;
}

void AppendTrimmed(std::string& out, std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  out += line;
  out += '\n';
}

std::string FullNumber(double value) {
  return std::isfinite(value) ? FormatShortest(value) : std::string();
}

}  // namespace

Table Transposed(const Table& table) {
  Table turned = {table.title, {{"", TableAlign::kLeft}}, {}, table.notes};
  for (const std::vector<TableCell>& row : table.rows) {
    turned.columns.push_back({CellText(row.front()), TableAlign::kRight, /*has_intervals=*/true});
  }
  for (size_t column = 1; column < table.columns.size(); ++column) {
    std::vector<TableCell>& line = turned.rows.emplace_back();
    line.emplace_back(table.columns[column].title);
    for (const std::vector<TableCell>& row : table.rows) line.push_back(row[column]);
  }
  return turned;
}

std::string FormatTableText(const Table& table) {
  const auto lines = Lines(table, PlainLine);
  const std::vector<int> widths = Widths(lines);
  std::string out = table.title.empty() ? "" : PlainLine(table.title) + "\n";
  for (size_t row = 0; row < lines.size(); ++row) {
    std::string line;
    for (size_t i = 0; i < lines[row].size(); ++i) {
      if (i > 0) line += "  ";
      line += Padded(lines[row][i], widths[i], table.columns[i].align);
    }
    AppendTrimmed(out, std::move(line));
    if (row > 0) continue;
    std::string rule;
    for (size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) rule += "  ";
      for (int k = 0; k < widths[i]; ++k) rule += "─";
    }
    AppendTrimmed(out, std::move(rule));
  }
  for (const std::string& note : table.notes) AppendTrimmed(out, PlainLine(note));
  return out;
}

std::string FormatTableMarkdown(const Table& table) {
  const auto lines = Lines(table, EscapeMarkdown);
  const std::vector<int> widths = Widths(lines);
  std::string out =
      table.title.empty() ? "" : Concat({"**", EscapeMarkdown(table.title), "**\n\n"});
  for (size_t row = 0; row < lines.size(); ++row) {
    for (size_t i = 0; i < lines[row].size(); ++i) {
      out += Concat({"| ", Padded(lines[row][i], widths[i], table.columns[i].align), " "});
    }
    out += "|\n";
    if (row > 0) continue;
    for (size_t i = 0; i < widths.size(); ++i) {
      const bool right = table.columns[i].align == TableAlign::kRight;
      out += Concat({"|", right ? "-" : ":", std::string(static_cast<size_t>(widths[i]), '-'),
                     right ? ":" : "-"});
    }
    out += "|\n";
  }
  for (const std::string& note : table.notes) {
    out += Concat({"\n", EscapeMarkdown(note), "\n"});
  }
  return out;
}

std::string FormatTableLatex(const Table& table) {
  std::string out = "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n";
  if (!table.title.empty()) out += Concat({"\\caption{", EscapeLatex(table.title), "}\n"});
  out += "\\begin{tabular}{";
  for (const TableColumn& column : table.columns) {
    out += column.align == TableAlign::kLeft ? 'l' : 'r';
  }
  out += "}\n\\toprule\n";
  const auto lines = Lines(table, EscapeLatex);
  for (size_t row = 0; row < lines.size(); ++row) {
    for (size_t i = 0; i < lines[row].size(); ++i) {
      if (i > 0) out += " & ";
      out += lines[row][i];
    }
    out += row == 0 ? " \\\\\n\\midrule\n" : " \\\\\n";
  }
  out += "\\bottomrule\n\\end{tabular}\n";
  for (const std::string& note : table.notes) {
    out += Concat({"\n\\smallskip\n{\\footnotesize ", EscapeLatex(note), "}\n"});
  }
  return out + "\\end{table}\n";
}

std::string FormatTableCsv(const Table& table) {
  std::string out;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    if (i > 0) out += ',';
    out += EscapeCsvCell(column.title);
    if (!column.has_intervals) continue;
    out += Concat(
        {",", EscapeCsvCell(column.title + " low"), ",", EscapeCsvCell(column.title + " high")});
  }
  out += '\n';
  for (const std::vector<TableCell>& row : table.rows) {
    GRE_CHECK(row.size() == table.columns.size());
    for (size_t i = 0; i < row.size(); ++i) {
      const TableCell& cell = row[i];
      if (i > 0) out += ',';
      out += cell.figure ? FullNumber(cell.figure->value) : EscapeCsvCell(cell.text);
      if (!table.columns[i].has_intervals) continue;
      const bool has = cell.figure && cell.figure->interval;
      out += Concat({",", has ? FullNumber(cell.figure->interval->low) : "", ",",
                     has ? FullNumber(cell.figure->interval->high) : ""});
    }
    out += '\n';
  }
  return out;
}

std::string FormatTableHtml(const Table& table) {
  std::string out = "<table class=\"figures\">\n";
  if (!table.title.empty()) out += Concat({"<caption>", EscapeMarkup(table.title), "</caption>\n"});
  const auto cell_class = [&](size_t i) {
    return table.columns[i].align == TableAlign::kLeft ? "" : " class=\"number\"";
  };
  out += "<thead><tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += Concat(
        {"<th scope=\"col\"", cell_class(i), ">", EscapeMarkup(table.columns[i].title), "</th>"});
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const std::vector<TableCell>& row : table.rows) {
    GRE_CHECK(row.size() == table.columns.size());
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      std::string text = EscapeMarkup(CellText(row[i]));
      if (const size_t bracket = text.find(" ["); row[i].figure && bracket != std::string::npos) {
        text = Concat({text.substr(0, bracket), " <small>", text.substr(bracket + 1), "</small>"});
      }
      out += i == 0 ? Concat({"<th scope=\"row\"", cell_class(i), ">", text, "</th>"})
                    : Concat({"<td", cell_class(i), ">", text, "</td>"});
    }
    out += "</tr>\n";
  }
  out += "</tbody>\n";
  if (!table.notes.empty()) {
    out += Concat({"<tfoot><tr><td colspan=\"", std::to_string(table.columns.size()), "\">"});
    for (const std::string& note : table.notes) {
      out += Concat({"<p>", EscapeMarkup(note), "</p>"});
    }
    out += "</td></tr></tfoot>\n";
  }
  return out + "</table>\n";
}

}  // namespace gre
