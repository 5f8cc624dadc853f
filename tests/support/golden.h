#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "model/tensor_sources.h"
#include "ptravel/compute.h"

namespace ptravel::golden {

/// The result of one comparison.
struct Case {
  std::string name;        ///< "samplers/euler/karras15/f32/final".
  double worst_error = 0;  ///< Largest |actual - expected|; for exact cases 0 or 1.
  double tolerance = 0;    ///< What worst_error was allowed to be there; for exact cases 0.
  bool ok = false;
  std::string detail;  ///< What differed, shown for failures.
};

/// Collects cases; prints each as it comes.
class Report {
 public:
  /// Bit-for-bit or text equality decided by the caller.
  void exact(const std::string& name, bool ok, const std::string& detail = "");
  /// |actual - expected| <= atol + rtol * |expected| for every element; shapes must be equal.
  void close(const std::string& name,
             const at::Tensor& actual,
             const at::Tensor& expected,
             double atol,
             double rtol = 0);
  /// As close, but up to `outlier_fraction` of the elements may exceed the tolerance.
  void mostly_close(const std::string& name,
                    const at::Tensor& actual,
                    const at::Tensor& expected,
                    double atol,
                    double rtol,
                    double outlier_fraction);
  /// A finished case, for comparisons of another kind.
  void add(Case result);
  /// Says that something of the set was not looked at, and why.
  void left_out(const std::string& what, const std::string& reason);
  /// Runs one comparison; an exception in it becomes a failed case instead of ending the run.
  void guarded(const std::string& name, const std::function<void()>& body);

  int passed() const { return passed_; }
  int failed() const { return failed_; }

 private:
  int passed_ = 0;
  int failed_ = 0;
};

/// What a section gets. `folder` is DIR/<section name>, `root` is DIR. Networks, samplers and
/// travels run on `device`; what has its own number format (samplers, networks that find pictures
/// in between) keeps it.
struct Context {
  std::filesystem::path root;
  std::filesystem::path folder;
  Precision precision = Precision::Fp32;
  DeviceChoice device = DeviceChoice::Cpu;
};

/// One section, named like its folder. It discovers its cases from the files in the folder.
struct Section {
  std::string name;
  void (*run)(const Context&, Report&);
};

/// Reads a JSON file of the set.
nlohmann::json read_json(const std::filesystem::path& path);

// One function per folder of the golden set, each in tests/golden/check_<folder>.cpp.
void check_tokenizer(const Context&, Report&);
void check_prompt_parser(const Context&, Report&);
void check_chunking(const Context&, Report&);
void check_rng(const Context&, Report&);
void check_schedulers(const Context&, Report&);
void check_samplers(const Context&, Report&);
void check_tiny_sd1(const Context&, Report&);
void check_tiny_sd2(const Context&, Report&);
void check_tiny_sdxl(const Context&, Report&);
void check_travel(const Context&, Report&);
void check_travel_sdxl(const Context&, Report&);
void check_motion(const Context&, Report&);
void check_hires(const Context&, Report&);
void check_addons(const Context&, Report&);

}  // namespace ptravel::golden
