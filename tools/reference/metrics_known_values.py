#!/usr/bin/env python3
"""Prints the reference values typed into src/metrics/*_test.cc. Needs: pip install numpy scipy statsmodels scikit-learn."""
import numpy as np
from scipy import special, stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

print("betainc", [repr(float(special.betainc(a, b, x))) for a, b, x in
                  ((0.5, 2, 0.1), (30, 4, 0.9), (1501, 1500, 0.52), (500001, 500000, 0.5005), (3, 997, 0.0005))])
print("norm.ppf", [repr(float(stats.norm.ppf(p))) for p in (0.975, 0.95, 0.001)])
print("binom", repr(float(stats.binom.cdf(3, 20, 0.3))), repr(float(stats.binom.pmf(3, 20, 0.3))))
for b, c in ((1, 7), (121, 59), (5, 5), (0, 9), (20130, 19800)):
    exact = mcnemar([[0, b], [c, 0]], exact=True).pvalue
    distance = abs(2 * b - (b + c))
    counts = np.arange(b + c + 1)
    mass = stats.binom.pmf(counts, b + c, 0.5)
    away = np.abs(2 * counts - (b + c))
    print("mcnemar", b, c, repr(float(exact)), "mid-p", repr(float(mass[away > distance].sum() + mass[away == distance].sum() / 2)))
print("holm", multipletests([0.01, 0.04, 0.03, 0.005, 0.5], method="holm")[1])
for hits, n in ((0, 10), (3, 10), (10, 10), (250, 500), (81, 263)):
    print("wilson", hits, n, [repr(float(v)) for v in proportion_confint(hits, n, method="wilson")])
wiki = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0], [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
diagnoses = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 00501 30012 51000 02040 10203
 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006""".split()
print("fleiss", repr(float(fleiss_kappa(wiki))), repr(float(fleiss_kappa([[int(c) for c in row] for row in diagnoses]))))
print("auc", roc_auc_score([1, 0, 1, 1, 0, 0, 1, 0], [0.9, 0.8, 0.8, 0.6, 0.6, 0.6, 0.3, 0.1]))
