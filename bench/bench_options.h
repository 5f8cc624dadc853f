#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptravel/compute.h"

namespace ptravel::bench {

enum class Family { Sd1, Sd2, Sdxl };

/// What engine_bench was asked for; usage() describes each.
struct Options {
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  Family family = Family::Sd1;
  bool small = false;
  bool plain = false;
  bool gradient = false;
  bool profile = false;
  bool batch_check = false;
  bool compare_cpu = false;
  std::vector<std::int64_t> frames;  ///< Numbers of guided frames in a call; none: plain cases.
  std::int64_t width = 0;            ///< Of pictures; 0 once parsed never.
  std::int64_t height = 0;
  int threads = 0;
  int repeat = 3;
};

/// Throws InvalidArgument for words that it does not know.
Options parse_options(int argc, char** argv);

std::string usage();

}  // namespace ptravel::bench
