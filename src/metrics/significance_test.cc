#include "metrics/significance.h"

#include <cmath>

#include <gtest/gtest.h>

#include "metrics/agreement.h"
#include "metrics/distributions.h"
#include "metrics/interval.h"

// Values without another source: tools/reference/metrics_known_values.py (SciPy, statsmodels).
namespace gre {
namespace {

TEST(Distributions, MeetTheirReferenceValues) {
  EXPECT_NEAR(RegularizedBeta(0.1, 0.5, 2), 0.45853026072441494, 1e-13);
  EXPECT_NEAR(RegularizedBeta(0.9, 30, 4), 0.5769436641256929, 1e-13);
  EXPECT_NEAR(RegularizedBeta(0.52, 1501, 1500), 0.9851358126384557, 1e-11);
  EXPECT_NEAR(RegularizedBeta(0.5005, 500001, 500000), 0.8411027754650032, 1e-8);
  EXPECT_NEAR(RegularizedBeta(0.0005, 3, 997), 0.014321395771718875, 1e-13);
  EXPECT_EQ(RegularizedBeta(0, 2, 3), 0);
  EXPECT_EQ(RegularizedBeta(1, 2, 3), 1);
  EXPECT_NEAR(BinomialCdf(3, 20, 0.3), 0.10708680450373087, 1e-13);
  EXPECT_EQ(BinomialCdf(20, 20, 0.3), 1);
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-13);
  EXPECT_NEAR(NormalQuantile(0.001), -3.090232306167813, 1e-12);
  EXPECT_NEAR(NormalCdf(1.959963984540054), 0.975, 1e-15);
}

TEST(Wilson, MeetsItsReferenceValues) {
  const Interval few = WilsonInterval(3, 10);
  EXPECT_NEAR(few.low, 0.10779126740630104, 1e-12);
  EXPECT_NEAR(few.high, 0.6032218525388546, 1e-12);
  // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
  const Interval newcombe = WilsonInterval(81, 263);
  EXPECT_NEAR(newcombe.low, 0.2553, 5e-5);
  EXPECT_NEAR(newcombe.high, 0.3662, 5e-5);
  EXPECT_EQ(WilsonInterval(0, 10).low, 0);
  EXPECT_NEAR(WilsonInterval(0, 10).high, 0.27753279986288926, 1e-12);
  EXPECT_EQ(WilsonInterval(10, 10).high, 1);
  EXPECT_TRUE(std::isnan(WilsonInterval(0, 0).low));
}

TEST(McNemar, MeetsPublishedExamples) {
  // Bentur et al. 2009, as given by Fagerland, Lydersen and Laake 2013: 0.0703.
  EXPECT_NEAR(McNemarPValue(1, 7), 0.0703125, 1e-12);
  // The example of the documentation of statsmodels.
  EXPECT_NEAR(McNemarPValue(121, 59), 4.4344492637551645e-06, 1e-15);
  EXPECT_NEAR(McNemarPValue(20130, 19800), 0.09967173345442217, 1e-9);
}

TEST(McNemar, SaysNothingWithoutADifference) {
  EXPECT_EQ(McNemarPValue(0, 0), 1);
  EXPECT_EQ(McNemarPValue(5, 5), 1);
}

TEST(Holm, StepsDown) {
  const std::vector<double> adjusted =
      HolmAdjust(std::vector<double>{0.01, 0.04, 0.03, 0.005, 0.5});
  const std::vector<double> expected = {0.04, 0.09, 0.09, 0.025, 0.5};
  ASSERT_EQ(adjusted.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12) << i;
  EXPECT_EQ(HolmAdjust(std::vector<double>{0.7, 0.7}), (std::vector<double>{1, 1}));
  EXPECT_TRUE(HolmAdjust({}).empty());
}

TEST(Fleiss, MeetsThePublishedExample) {
  // Fleiss 1971, table 1: 30 patients, 6 psychiatrists, 5 diagnoses; kappa = 0.430.
  const std::vector<size_t> diagnoses = {
      0, 0, 0, 6, 0, 0, 3, 0, 0, 3, 0, 1, 4, 0, 1, 0, 0, 0, 0, 6, 0, 3, 0, 3, 0, 2, 0, 4, 0, 0,
      0, 0, 4, 0, 2, 2, 0, 3, 1, 0, 2, 0, 0, 4, 0, 0, 0, 0, 0, 6, 1, 0, 0, 5, 0, 1, 1, 0, 4, 0,
      0, 3, 3, 0, 0, 1, 0, 0, 5, 0, 0, 2, 0, 3, 1, 0, 0, 5, 0, 1, 3, 0, 0, 1, 2, 5, 1, 0, 0, 0,
      0, 2, 0, 4, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 6, 0, 1, 0, 5, 0, 0, 2, 0, 1, 3, 2, 0, 0, 4, 0,
      1, 0, 0, 4, 1, 0, 5, 0, 1, 0, 4, 0, 0, 0, 2, 0, 2, 0, 4, 0, 1, 0, 5, 0, 0, 0, 0, 0, 0, 6};
  const Agreement agreement = FleissKappa(diagnoses, 5);
  ASSERT_TRUE(agreement.kappa);
  EXPECT_NEAR(*agreement.kappa, 0.43024452006014074, 1e-12);
  EXPECT_NEAR(agreement.observed, 0.556, 5e-4);
  EXPECT_NEAR(agreement.expected, 0.220, 5e-4);
  EXPECT_EQ(agreement.subjects, 30u);
}

TEST(Fleiss, KnowsItsEdges) {
  EXPECT_EQ(*FleissKappa(std::vector<size_t>{3, 0, 0, 3}, 2).kappa, 1);  // all agree
  EXPECT_NEAR(*FleissKappa(std::vector<size_t>{1, 1, 1, 1}, 2).kappa, -1, 1e-12);
  EXPECT_FALSE(FleissKappa(std::vector<size_t>{3, 0, 3, 0}, 2).kappa);  // one category
  EXPECT_FALSE(FleissKappa(std::vector<size_t>{1, 0, 0, 1}, 2).kappa);  // nobody to agree with
  EXPECT_FALSE(FleissKappa({}, 2).kappa);
  // A subject with one rating changes nothing; one with more ratings counts once.
  const double kappa = *FleissKappa(std::vector<size_t>{2, 1, 0, 3}, 2).kappa;
  EXPECT_EQ(*FleissKappa(std::vector<size_t>{2, 1, 0, 3, 1, 0}, 2).kappa, kappa);
  EXPECT_TRUE(FleissKappa(std::vector<size_t>{2, 1, 0, 6}, 2).kappa);
}

}  // namespace
}  // namespace gre
