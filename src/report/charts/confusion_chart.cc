#include "report/charts/confusion_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "core/strings.h"
#include "report/charts/chart_frame.h"
#include "report/charts/chart_style.h"

namespace gre {
namespace {

constexpr double kLeft = 176;
constexpr double kTotalsWidth = 96;
constexpr double kRowHeight = 28;
constexpr double kMostCellWidth = 64;
constexpr double kColumnLabels = 88;

// Lightness 0.985 to 0.36 along one blue hue of Oklch (Ottosson, "A perceptual color space for
// image processing", 2020), as "#rrggbb".
constexpr double kLightest = 0.985;
constexpr double kDarkest = 0.36;
double Lightness(double share) { return kLightest + (kDarkest - kLightest) * share; }
std::string Shade(double share) {
  constexpr double kHue = 255 * std::numbers::pi / 180;
  const double chroma = 0.005 + 0.12 * share;
  const double a = chroma * std::cos(kHue);
  const double b = chroma * std::sin(kHue);
  const auto cube = [](double v) { return v * v * v; };
  const double light = Lightness(share);
  const double l = cube(light + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(light - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(light - 0.0894841775 * a - 1.2914855480 * b);
  const std::array<double, 3> linear = {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
                                        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                                        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
  std::string color = "#";
  for (const double channel : linear) {
    const double v = std::clamp(channel, 0.0, 1.0);
    const double encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    const auto byte = static_cast<size_t>(std::lround(encoded * 255));
    constexpr std::string_view kHex = "0123456789abcdef";
    color += kHex[byte / 16];
    color += kHex[byte % 16];
  }
  return color;
}

size_t RowTotal(const ConfusionMatrix& matrix, size_t row) {
  size_t total = 0;
  for (const size_t count : matrix.counts[row]) total += count;
  return total;
}

// Also the whole line: rows and columns that say "other" are not the same country.
bool IsRight(const ConfusionMatrix& matrix, size_t row, size_t column) {
  return matrix.truths[row] == matrix.answers[column] && matrix.truths[row] != kOtherCountries;
}

void DrawCell(SvgWriter& svg, double x, double y, double width, size_t count, double share,
              bool right, std::string_view tooltip) {
  svg.Leaf("rect",
           {{"class", count == 0 ? "rule cell" : "cell"},
            {"x", x + 0.5},
            {"y", y + 0.5},
            {"width", width - 1},
            {"height", kRowHeight - 1},
            {"fill", count == 0 ? "none" : Shade(share)},
            {"stroke", count == 0 ? std::string(kRule) : Shade(std::min(1.0, share + 0.15))},
            {"stroke-width", 0.7}},
           tooltip);
  if (right) {
    svg.Leaf("rect", {{"class", "axis right"},
                      {"x", x + 1.5},
                      {"y", y + 1.5},
                      {"width", width - 3},
                      {"height", kRowHeight - 3},
                      {"fill", "none"},
                      {"stroke", kInk},
                      {"stroke-width", 1.6}});
  }
  if (count == 0) return;
  const bool dark = Lightness(share) < 0.58;
  svg.Text(x + width / 2, y + kRowHeight / 2 + 4, std::to_string(count),
           {{"class", dark ? "cell-light" : "cell-dark"},
            {"fill", dark ? kPaper : kInk},
            {"text-anchor", "middle"}});
}

void DrawScale(SvgWriter& svg, double x, double y) {
  constexpr int kSteps = 10;
  constexpr double kStep = 14;
  svg.Text(x, y + 10, "share of the row:  0", {{"class", "soft"}, {"fill", kSoft}});
  const double left = x + TextWidth("share of the row:  0") + 4;
  for (int i = 0; i <= kSteps; ++i) {
    svg.Leaf("rect", {{"x", left + i * kStep},
                      {"y", y},
                      {"width", kStep},
                      {"height", 12.0},
                      {"fill", Shade(static_cast<double>(i) / kSteps)}});
  }
  svg.Text(left + (kSteps + 1) * kStep + 6, y + 10, "100 %", {{"class", "soft"}, {"fill", kSoft}});
}

std::string Description(const ConfusionMatrix& matrix) {
  std::string text = "Rows are true countries, columns answered ones.";
  for (size_t row = 0; row < matrix.truths.size(); ++row) {
    text += Concat({" ", matrix.truths[row], ":"});
    for (size_t column = 0; column < matrix.answers.size(); ++column) {
      const size_t count = matrix.counts[row][column];
      if (count == 0) continue;
      text += Concat({" ", std::to_string(count), " as ", matrix.answers[column], ";"});
    }
  }
  return text;
}

}  // namespace

ConfusionMatrix CountCountries(std::span<const CountryPair> records, size_t most) {
  struct Occurrences {
    size_t truths = 0;
    size_t answers = 0;
  };
  std::map<std::string, Occurrences> countries;
  for (const CountryPair& record : records) {
    if (record.truth.empty()) continue;
    ++countries[record.truth].truths;
    if (!record.answer.empty()) ++countries[record.answer].answers;
  }
  std::vector<std::pair<std::string, Occurrences>> chosen(countries.begin(), countries.end());
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
    return std::max(a.second.truths, a.second.answers) >
           std::max(b.second.truths, b.second.answers);
  });
  if (chosen.size() > most) chosen.resize(most);
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.truths, a.second.answers) >
           std::pair(b.second.truths, b.second.answers);
  });

  std::map<std::string, size_t> place;
  ConfusionMatrix all;
  for (const auto& [name, occurrences] : chosen) {
    place.emplace(name, all.truths.size());
    all.truths.push_back(name);
  }
  const size_t other = all.truths.size();
  all.truths.emplace_back(kOtherCountries);
  all.answers = all.truths;
  all.answers.emplace_back(kNoAnswer);
  all.counts.assign(all.truths.size(), std::vector<size_t>(all.answers.size(), 0));
  size_t other_right = 0;
  const auto index = [&](const std::string& name) {
    const auto found = place.find(name);
    return found == place.end() ? other : found->second;
  };
  for (const CountryPair& record : records) {
    if (record.truth.empty()) continue;
    const size_t row = index(record.truth);
    const size_t column = record.answer.empty() ? other + 1 : index(record.answer);
    ++all.counts[row][column];
    if (row == other && record.truth == record.answer) ++other_right;
  }

  ConfusionMatrix matrix;
  std::vector<size_t> columns;
  for (size_t column = 0; column < all.answers.size(); ++column) {
    size_t records_of_it = column < all.truths.size() ? RowTotal(all, column) : 0;
    for (const std::vector<size_t>& row : all.counts) records_of_it += row[column];
    if (records_of_it == 0) continue;
    columns.push_back(column);
    matrix.answers.push_back(all.answers[column]);
  }
  for (size_t row = 0; row < all.truths.size(); ++row) {
    if (RowTotal(all, row) == 0) continue;
    matrix.truths.push_back(all.truths[row]);
    std::vector<size_t>& counts = matrix.counts.emplace_back();
    for (const size_t column : columns) counts.push_back(all.counts[row][column]);
  }
  if (all.counts[other][other] > 0) {
    matrix.note = Concat({"Of the ", std::to_string(all.counts[other][other]),
                          " answers \"other\" to truths \"other\", ", std::to_string(other_right),
                          " name the right country."});
  }
  return matrix;
}

std::string ConfusionSvg(const ConfusionMatrix& matrix) {
  if (matrix.truths.empty() || matrix.answers.empty()) {
    return NoDataChart(matrix.title, "no record has a true country");
  }
  const double cell_width =
      std::min(kMostCellWidth,
               (kChartWidth - kLeft - kTotalsWidth) / static_cast<double>(matrix.answers.size()));
  const double top = kHeadingHeight + kColumnLabels;
  const double bottom = top + kRowHeight * static_cast<double>(matrix.truths.size());
  const double right = kLeft + cell_width * static_cast<double>(matrix.answers.size());
  SvgWriter svg(kChartWidth, bottom + (matrix.note.empty() ? 44 : 64), matrix.title,
                Description(matrix));
  DrawHeading(svg, matrix.title, matrix.subtitle);
  svg.Text(kLeft - 10, top - 8, "truth ↓   answer →",
           {{"class", "soft"}, {"fill", kSoft}, {"text-anchor", "end"}, {"font-size", kSmallSize}});
  for (size_t column = 0; column < matrix.answers.size(); ++column) {
    const double x = kLeft + cell_width * (static_cast<double>(column) + 0.5);
    svg.Text(x, top - 8, FitText(matrix.answers[column], kColumnLabels * 1.3),
             {{"transform", Concat({"rotate(-45 ", SvgNumber(x), " ", SvgNumber(top - 8), ")"})}});
  }
  svg.Text(right + 10, top - 8, "right",
           {{"class", "soft"}, {"fill", kSoft}, {"font-size", kSmallSize}});
  for (size_t row = 0; row < matrix.truths.size(); ++row) {
    const double y = top + kRowHeight * static_cast<double>(row);
    const size_t total = RowTotal(matrix, row);
    size_t hits = 0;
    svg.Text(kLeft - 10, y + kRowHeight / 2 + 4, FitText(matrix.truths[row], kLeft - 20),
             {{"text-anchor", "end"}});
    for (size_t column = 0; column < matrix.answers.size(); ++column) {
      const size_t count = matrix.counts[row][column];
      const bool is_right = IsRight(matrix, row, column);
      if (is_right) hits = count;
      const double share = total == 0 ? 0 : static_cast<double>(count) / static_cast<double>(total);
      DrawCell(svg, kLeft + cell_width * static_cast<double>(column), y, cell_width, count, share,
               is_right,
               Concat({matrix.truths[row], " answered as ", matrix.answers[column], ": ",
                       std::to_string(count), " of ", std::to_string(total)}));
    }
    if (matrix.truths[row] == kOtherCountries) continue;
    svg.Text(right + 10, y + kRowHeight / 2 + 4,
             Concat({std::to_string(hits), " of ", std::to_string(total)}),
             {{"class", "soft"}, {"fill", kSoft}});
  }
  DrawScale(svg, kLeft, bottom + 16);
  if (!matrix.note.empty()) {
    svg.Text(16, bottom + 50, matrix.note, {{"class", "soft"}, {"fill", kSoft}});
  }
  return std::move(svg).Finish();
}

}  // namespace gre
