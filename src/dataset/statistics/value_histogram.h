#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gre {

// Counts of values in bins of equal width, of the values or of their logarithms. Values outside
// count in the first or last bin; NaN is not counted.
class ValueHistogram {
 public:
  static ValueHistogram Linear(double from, double to, size_t bins);
  // `to` is reached by whole bins.
  static ValueHistogram Log(double from, double to, int bins_a_decade);

  void Add(double value, int64_t times = 1);

  [[nodiscard]] const std::vector<int64_t>& counts() const { return counts_; }
  [[nodiscard]] int64_t total() const { return total_; }
  [[nodiscard]] bool is_log() const { return log_; }
  // The lower end of a bin; of index counts().size() the upper end of the last.
  [[nodiscard]] double Edge(size_t bin) const;
  // The value below which the share lies, exact to a bin (between its ends in proportion); NaN
  // without values.
  [[nodiscard]] double Quantile(double share) const;

 private:
  ValueHistogram(bool log, double from, double width, size_t bins)
      : log_(log), from_(from), width_(width), counts_(bins) {}
  bool log_;
  double from_, width_;  // of the values, or of their decimal logarithms
  std::vector<int64_t> counts_;
  int64_t total_ = 0;
};

}  // namespace gre
