#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "ptravel/error.h"
#include "tensor/compute.h"
#include "tests/support/golden.h"

namespace ptravel::golden {
namespace {

constexpr const char* kUsage =
    "usage: golden_check DIR [--only NAME]... [--device cpu|cuda] [--precision fp32|bf16|fp16]\n"
    "                    [--threads N]\n"
    "Compares this implementation with every golden case found in DIR (folders tokenizer,\n"
    "prompt_parser, chunking, rng, schedulers, samplers, tiny_sd1, tiny_sd2, tiny_sdxl, travel,\n"
    "travel_sdxl, hires, motion, addons). NAME: one folder. Networks, samplers and travels run on "
    "the\n"
    "device; fp32 has one set of tolerances for all devices, bf16 and fp16 have their own.\n";

const std::array<Section, 14> kSections = {{{"tokenizer", check_tokenizer},
                                            {"prompt_parser", check_prompt_parser},
                                            {"chunking", check_chunking},
                                            {"rng", check_rng},
                                            {"schedulers", check_schedulers},
                                            {"samplers", check_samplers},
                                            {"tiny_sd1", check_tiny_sd1},
                                            {"tiny_sd2", check_tiny_sd2},
                                            {"tiny_sdxl", check_tiny_sdxl},
                                            {"travel", check_travel},
                                            {"travel_sdxl", check_travel_sdxl},
                                            {"hires", check_hires},
                                            {"motion", check_motion},
                                            {"addons", check_addons}}};

struct Arguments {
  std::filesystem::path folder;
  std::vector<std::string> only;
  Precision precision = Precision::Fp32;
  DeviceChoice device = DeviceChoice::Cpu;
  int threads = 0;
};

bool parse_precision(std::string_view word, Precision& precision) {
  precision = word == "bf16" ? Precision::Bf16 : word == "fp16" ? Precision::Fp16 : Precision::Fp32;
  return word == "bf16" || word == "fp16" || word == "fp32";
}

bool parse_arguments(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--only" && has_value) {
      arguments.only.emplace_back(argv[++i]);
    } else if (word == "--precision" && has_value) {
      if (!parse_precision(argv[++i], arguments.precision)) {
        return false;
      }
    } else if (word == "--device" && has_value) {
      const std::string_view device = argv[++i];
      if (device != "cpu" && device != "cuda") {
        return false;
      }
      arguments.device = device == "cuda" ? DeviceChoice::Cuda : DeviceChoice::Cpu;
    } else if (word == "--threads" && has_value) {
      arguments.threads = std::atoi(argv[++i]);
    } else if (!word.starts_with("--") && arguments.folder.empty()) {
      arguments.folder = word;
    } else {
      return false;
    }
  }
  return !arguments.folder.empty();
}

bool selected(const Arguments& arguments, const std::string& name) {
  return arguments.only.empty() ||
         std::find(arguments.only.begin(), arguments.only.end(), name) != arguments.only.end();
}

int run(const Arguments& arguments) {
  prepare_cpu(arguments.threads);
  // What cannot be done is said once, and not by every case.
  resolve_compute(arguments.device, arguments.precision);
  Report report;
  for (const std::string& name : arguments.only) {
    const bool known = std::any_of(kSections.begin(), kSections.end(),
                                   [&](const Section& section) { return section.name == name; });
    if (!known || !std::filesystem::is_directory(arguments.folder / name)) {
      std::fprintf(stderr, "golden_check: --only %s: no such set in %s\n", name.c_str(),
                   arguments.folder.c_str());
      return 2;
    }
  }
  for (const Section& section : kSections) {
    const std::filesystem::path folder = arguments.folder / section.name;
    if (selected(arguments, section.name) && std::filesystem::is_directory(folder)) {
      const Context context{arguments.folder, folder, arguments.precision, arguments.device};
      report.guarded(section.name, [&] { section.run(context, report); });
    }
  }
  std::printf("%d passed, %d failed\n", report.passed(), report.failed());
  if (report.passed() + report.failed() == 0) {
    std::fprintf(stderr, "golden_check: %s: no golden set found\n", arguments.folder.c_str());
    return 2;
  }
  return report.failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ptravel::golden

int main(int argc, char** argv) {
  ptravel::golden::Arguments arguments;
  if (!ptravel::golden::parse_arguments(argc, argv, arguments)) {
    std::fputs(ptravel::golden::kUsage, stderr);
    return 2;
  }
  try {
    return ptravel::golden::run(arguments);
  } catch (const ptravel::Error& error) {
    std::fprintf(stderr, "golden_check: %s\n", error.what());
    return 2;
  }
}
