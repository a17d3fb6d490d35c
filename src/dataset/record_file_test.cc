#include "dataset/record_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kNames = {"id", "place.lat"};

// All records as "id place.lat line", or the first error.
std::vector<std::string> ReadAll(const std::string& name, std::string_view text) {
  auto file = RecordFile::Parse(name, text);
  if (!file.ok()) return {file.error().message};
  std::vector<std::string> lines;
  for (std::vector<FieldValue> values;;) {
    const auto more = file->Next(kNames, values);
    if (!more.ok()) {
      lines.push_back(more.error().message);
      return lines;
    }
    if (!*more) return lines;
    const auto number = values[1].AsNumber();
    lines.push_back(values[0].text + " " + (number ? std::to_string(*number) : "-") + " " +
                    std::to_string(file->line()));
  }
}

TEST(RecordFile, EveryFormatGivesTheSameRecords) {
  const std::vector<std::string> expected = {"a 1.500000 2", "b - 3", "c -2.000000 5"};
  EXPECT_EQ(ReadAll("f.csv", "\xEF\xBB\xBFid,place.lat\r\na,1.5\r\nb,\r\n\r\nc,-2°\r\n"), expected);
  EXPECT_EQ(ReadAll("f.tsv", "id\tplace.lat\na\t1.5\nb\tx\n\nc\t-2"), expected);
  EXPECT_EQ(ReadAll("f.jsonl",
                    "\n{\"id\":\"a\",\"place\":{\"lat\":1.5}}\n{\"id\":\"b\"}\r\n\n"
                    "{\"id\":\"c\",\"place.lat\":\"-2\"}"),
            expected);
  EXPECT_EQ(
      ReadAll("f.json",
              "[\n{\"id\":\"a\",\"place\":{\"lat\":1.5}},\n{\"id\":\"b\",\"x\":\"],\\\"[\"},\n\n"
              "{\"id\":\"c\",\"place\":{\"lat\":-2}}\n]\n"),
      expected);
}

TEST(RecordFile, FieldsOfNestedRecordsHaveDots) {
  const auto file = RecordFile::Parse("f.json", R"([{"id":1,"a":{"b":{"c":2}}}, {"z":0}])");
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(file->fields(), ElementsAre("a", "a.b", "a.b.c", "id", "z"));
  constexpr std::string_view kSpellings[] = {"nothing", "id"};
  EXPECT_EQ(file->FindField(kSpellings), "id");
}

TEST(RecordFile, WhatIsWrongIsNamedByLineAndColumn) {
  EXPECT_THAT(ReadAll("f.csv", ""), ElementsAre("f.csv: expected a header line, found nothing"));
  EXPECT_THAT(ReadAll("f.csv", "id,place.lat\na,1,2\n"),
              ElementsAre("f.csv:2: expected 2 cells as in the header, found 3"));
  EXPECT_THAT(ReadAll("f.csv", "id,place.lat\n\"a,1\n"),
              ElementsAre("f.csv:2: a quoted cell is not closed"));
  EXPECT_THAT(ReadAll("f.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\",\"pla"),
              ElementsAre("a - 1", HasSubstr("f.jsonl:2: expected a JSON object: ")));
  EXPECT_THAT(ReadAll("f.jsonl", "7\n"),
              ElementsAre("f.jsonl:1: expected a JSON object {…}, found another value"));
  EXPECT_THAT(ReadAll("f.json", "[{\"id\":\"a\"},\n{\"id\":"),
              ElementsAre("a - 1", HasSubstr("f.json:2: expected ',' or ']'")));
  EXPECT_THAT(ReadAll("f.json", "[] x"), ElementsAre(HasSubstr("after its array")));
  EXPECT_THAT(ReadAll("f.json", "[[[["), ElementsAre(HasSubstr("f.json:1: expected ',' or ']'")));
  EXPECT_THAT(ReadAll("f.jsonl", "{\"id\":\"" + std::string(size_t{65} << 20, 'x') + "\"}\n"),
              ElementsAre("f.jsonl:1: expected a record of at most 64 MiB, found one of 65 MiB"));
  // CSV had no limit: a forgotten quote took the whole file for one cell.
  const std::string cell(size_t{33} << 20, 'x');
  EXPECT_THAT(ReadAll("f.csv", "id,place.lat\n\"" + cell + "\"\"" + cell + "\",1\nb,2\n"),
              ElementsAre("f.csv:2: expected records of at most 64 MiB, found a longer one; a quote "
                          "may not be closed"));
  EXPECT_TRUE(ReadAll("f.json", "[ ]\n").empty());
  EXPECT_TRUE(ReadAll("f.json", "").empty());
}

// Each of these is a defect that was.
TEST(RecordFile, TheApostropheOfAnIdWasReadAsItsPart) {
  EXPECT_THAT(
      ReadAll("f.csv", "id,place.lat\n'-7.jpg,'-1.5\n'=x,1\n''@y,1\n'tis,1\n"),
      ElementsAre("-7.jpg -1.500000 2", "=x 1.000000 3", "'@y 1.000000 4", "'tis 1.000000 5"));
}

TEST(RecordFile, OneObjectOverSeveralLinesWasNoRecord) {
  EXPECT_THAT(ReadAll("f.json", "{\n  \"id\": \"a\",\n  \"place\": {\"lat\": 1}\n}\n"),
              ElementsAre("a 1.000000 1"));
  EXPECT_THAT(ReadAll("f.jsonl", "{\"id\": \"a\"}\n{\"id\": \"b\"}\n"),
              ElementsAre("a - 1", "b - 2"));
}

TEST(RecordFile, OneHugeNumberRefusedTheWholeFile) {
  EXPECT_THAT(ReadAll("f.jsonl",
                      "{\"id\": \"a\", \"place.lat\": 1e400}\n{\"id\": \"1e400\", "
                      "\"place.lat\": 2, \"n\": 123456789012345678901234567890}\n"),
              ElementsAre("a - 1", "1e400 2.000000 2"));
  EXPECT_THAT(ReadAll("f.jsonl", "{\"id\": 1.2.3}\n"), ElementsAre(HasSubstr("f.jsonl:1: ")));
}

TEST(RecordFile, FilesOfOtherProgramsWereRefusedForWrongReasons) {
  EXPECT_THAT(ReadAll("f.csv", std::string_view("\xFF\xFEi\0d\0,\0x\0", 10)),
              ElementsAre("f.csv: expected UTF-8, found UTF-16; save the file as UTF-8"));
  EXPECT_THAT(ReadAll("f.csv", "id,place.lat\ra,1.5\rb,2\r"),
              ElementsAre("a 1.500000 2", "b 2.000000 3"));
  EXPECT_THAT(ReadAll("f.csv", std::string_view("id,place.lat\na\0b,1\n", 20)),
              ElementsAre(HasSubstr("f.csv:2: column 'id': expected text, found a NUL byte")));
  EXPECT_THAT(ReadAll("f.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\",]"),
              ElementsAre("a - 1", HasSubstr("f.jsonl:2: expected a JSON object: not valid JSON: "
                                             "column ")));
}

TEST(RecordFile, ALineWithoutEndWasAMessageWithoutEnd) {
  EXPECT_THAT(ReadAll("f.csv", std::string(20000, ',')),
              ElementsAre("f.csv:1: expected at most 10000 columns, found 20001"));
  const std::string name(5000, 'x');
  EXPECT_LT(ReadAll("f.csv", name + "," + name + "\n").front().size(), 200u);
}

}  // namespace
}  // namespace gre
