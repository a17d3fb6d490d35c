#include "report/table.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/text_layout.h"
#include "support/xml_document.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

Table Sample() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Table table;
  table.title = "Accuracy & <more>";
  table.columns = {{"system", TableAlign::kLeft},
                   {"≤ 25 km, %", TableAlign::kRight, /*has_intervals=*/true},
                   {"records"}};
  table.rows = {{"gpt|4_1", TableFigure{24.94, 1, Interval{19.7, 30.12}}, TableFigure{269, 0}},
                {"日本", TableFigure{-3.5, 1, std::nullopt}, TableFigure{nan, 0}},
                {"=2+2, \"x\"\nnext", TableFigure{nan, 1, Interval{nan, nan}}, "none"}};
  table.notes = {"95 % intervals, $seed$ 1"};
  return table;
}

TEST(TableTest, TerminalColumnsAreAlignedByDisplayWidth) {
  EXPECT_EQ(FormatTableText(Sample()),
            "Accuracy & <more>\n"
            "system                 ≤ 25 km, %  records\n"
            "──────────────  ─────────────────  ───────\n"
            "gpt|4_1         24.9 [19.7, 30.1]      269\n"
            "日本                         -3.5        –\n"
            "=2+2, \"x\" next                  –     none\n"
            "95 % intervals, $seed$ 1\n");
}

TEST(TableTest, MarkdownKeepsItsCells) {
  const std::string text = FormatTableMarkdown(Sample());
  EXPECT_THAT(text, HasSubstr("| gpt\\|4\\_1 "));
  EXPECT_THAT(text, HasSubstr("**Accuracy &amp; &lt;more>**"));
  EXPECT_THAT(text, HasSubstr("\\$seed\\$"));
}

TEST(TableTest, LatexIsEscaped) {
  const std::string text = FormatTableLatex(Sample());
  EXPECT_THAT(text,
              HasSubstr("\\begin{tabular}{lrr}\n\\toprule\nsystem & $\\le$ 25 km, \\% & records"));
  EXPECT_THAT(text, HasSubstr("gpt|4\\_1 & 24.9 [19.7, 30.1] & 269 \\\\"));
  EXPECT_THAT(text, HasSubstr("\\caption{Accuracy \\& \\textless{}more\\textgreater{}}"));
}

TEST(TableTest, CsvHasFullNumbersAndIntervalsInColumnsOfTheirOwn) {
  EXPECT_EQ(FormatTableCsv(Sample()),
            "system,\"≤ 25 km, %\",\"≤ 25 km, % low\",\"≤ 25 km, % high\",records\n"
            "gpt|4_1,24.94,19.7,30.12,269\n"
            "日本,-3.5,,,\n"
            "\"'=2+2, \"\"x\"\"\nnext\",,,,none\n");
}

TEST(TableTest, HtmlIsWellFormed) {
  const auto root = testing::ParseXml(FormatTableHtml(Sample()));
  const auto cells = root.All("td");
  EXPECT_EQ(root.All("th").size(), 6U);
  EXPECT_EQ(cells.front()->text, "24.9 ");
  EXPECT_EQ(cells.front()->children.front().text, "[19.7, 30.1]");
}

TEST(TableTest, TransposedHasAColumnForEachRow) {
  const Table table = {"T",
                       {{"system", TableAlign::kLeft}, {"n"}, {"share"}},
                       {{"a", TableFigure{1, 0, {}}, TableFigure{0.5, 1, Interval{0.2, 0.8}}},
                        {"b", TableFigure{2, 0, {}}, "none"}},
                       {"note"}};
  EXPECT_EQ(FormatTableText(Transposed(table)),
            "T\n"
            "                    a     b\n"
            "─────  ──────────────  ────\n"
            "n                   1     2\n"
            "share  0.5 [0.2, 0.8]  none\n"
            "note\n");
}

}  // namespace
}  // namespace gre
