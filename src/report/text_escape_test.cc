#include "report/text_escape.h"

#include <gtest/gtest.h>

#include "core/csv_cell.h"

namespace gre {
namespace {

TEST(TextEscapeTest, Markup) {
  EXPECT_EQ(EscapeMarkup("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
  EXPECT_EQ(EscapeMarkup("a\x01z\n東\xFF"), "a\uFFFDz\n東\uFFFD");
}

TEST(TextEscapeTest, CsvCell) {
  EXPECT_EQ(EscapeCsvCell("plain"), "plain");
  EXPECT_EQ(EscapeCsvCell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
  EXPECT_EQ(EscapeCsvCell("=1+1"), "'=1+1");
  EXPECT_EQ(EscapeCsvCell("@x"), "'@x");
  EXPECT_EQ(EscapeCsvCell("  -2"), "'  -2");
  EXPECT_EQ(EscapeCsvCell("=HYPERLINK(\"a\",\"b\")"), "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"");
}

TEST(TextEscapeTest, TerminalLine) {
  EXPECT_EQ(PlainLine("a\x1b[31mred\r\nb"), "a [31mred  b");
  EXPECT_EQ(PlainLine("a\u009b31mé\u202Eb\u2066c"), "a 31mé b c");
}

}  // namespace
}  // namespace gre
