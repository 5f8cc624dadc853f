#include "tests/support/golden.h"

#include <cstdio>
#include <fstream>

#include "base/files.h"
#include "tests/support/tensor_difference.h"

namespace ptravel::golden {

void Report::add(Case result) {
  (result.ok ? passed_ : failed_) += 1;
  std::printf("%-72s error %-11.4g tolerance %-9.3g %s%s%s\n", result.name.c_str(),
              result.worst_error, result.tolerance, result.ok ? "ok" : "FAIL",
              result.ok || result.detail.empty() ? "" : "  ",
              result.ok ? "" : result.detail.c_str());
  std::fflush(stdout);
}

void Report::left_out(const std::string& what, const std::string& reason) {
  std::printf("%-72s left out: %s\n", what.c_str(), reason.c_str());
}

void Report::exact(const std::string& name, bool ok, const std::string& detail) {
  add({name, ok ? 0.0 : 1.0, 0.0, ok, detail});
}

void Report::close(const std::string& name,
                   const at::Tensor& actual,
                   const at::Tensor& expected,
                   double atol,
                   double rtol) {
  mostly_close(name, actual, expected, atol, rtol, 0.0);
}

void Report::mostly_close(const std::string& name,
                          const at::Tensor& actual,
                          const at::Tensor& expected,
                          double atol,
                          double rtol,
                          double outlier_fraction) {
  const TensorDifference difference = compare_tensors(actual, expected, atol, rtol);
  const bool ok = difference.same_shape && difference.outlier_fraction <= outlier_fraction;
  add({name, difference.largest, difference.same_shape ? difference.allowed_there : atol, ok,
       difference.description});
}

void Report::guarded(const std::string& name, const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    exact(name, false, error.what());
  }
}

nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(read_file(path));
}

}  // namespace ptravel::golden
