#pragma once
// Random variables by inversion: one uniform in (0, 1) gives one value, so a value depends on its counter
// only and more of one variable means more of the same uniform.

#include <cstdint>

namespace tidemill::pipeline {

// Standard normal. Source: Wichura 1988, algorithm AS 241 (PPND16), relative error about 1e-16.
double normal_quantile(double u);

// Exponential with mean 1.
double exponential_quantile(double u);

// Poisson, 0 < mean <= 500. Cost: about `mean` steps.
int64_t poisson_quantile(double u, double mean);

}  // namespace tidemill::pipeline
