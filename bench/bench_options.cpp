#include "bench_options.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "ptravel/error.h"

namespace ptravel::bench {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::InvalidArgument, "[engine_bench] " + what);
}

/// The words after an option.
class Words {
 public:
  Words(int argc, char** argv) : words_(argv + 1, argv + argc) {}

  bool more() const { return next_ < words_.size(); }
  std::string_view take(const char* what) {
    if (!more()) {
      refuse(std::string("expected ") + what + " at the end");
    }
    return words_[next_++];
  }
  std::int64_t number(const char* option, std::int64_t least) {
    return parsed(take("a number"), option, least);
  }
  /// "1,3,8".
  std::vector<std::int64_t> numbers(const char* option, std::int64_t least) {
    std::vector<std::int64_t> all;
    std::string_view list = take("numbers");
    while (true) {
      const std::size_t comma = list.find(',');
      all.push_back(parsed(list.substr(0, comma), option, least));
      if (comma == list.npos) {
        return all;
      }
      list.remove_prefix(comma + 1);
    }
  }

 private:
  static std::int64_t parsed(std::string_view word, const char* option, std::int64_t least) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < least) {
      refuse(std::string(option) + " " + std::string(word) +
             ": expected a whole number of at least " + std::to_string(least));
    }
    return value;
  }

  std::vector<std::string_view> words_;
  std::size_t next_ = 0;
};

Family family_of(std::string_view word) {
  if (word == "sd1" || word == "sd2" || word == "sdxl") {
    return word == "sd1" ? Family::Sd1 : word == "sd2" ? Family::Sd2 : Family::Sdxl;
  }
  refuse("--family " + std::string(word) + ": expected sd1, sd2 or sdxl");
}

/// Words that stand alone. False for others.
bool set_switch(std::string_view word, Options& options) {
  if (word == "cpu" || word == "cuda") {
    options.device = word == "cpu" ? DeviceChoice::Cpu : DeviceChoice::Cuda;
  } else if (word == "fp32") {
    options.precision = Precision::Fp32;
  } else if (word == "bf16") {
    options.precision = Precision::Bf16;
  } else if (word == "fp16") {
    options.precision = Precision::Fp16;
  } else if (word == "--plain") {
    options.plain = true;
  } else if (word == "--small") {
    options.small = true;
  } else if (word == "--gradient") {
    options.gradient = true;
  } else if (word == "--profile") {
    options.profile = true;
  } else if (word == "--batch-check") {
    options.batch_check = true;
  } else if (word == "--compare-cpu") {
    options.compare_cpu = true;
  } else {
    return word == "auto";
  }
  return true;
}

}  // namespace

std::string usage() {
  return R"(usage: engine_bench [cpu|cuda|auto] [fp32|bf16|fp16|auto] [options]
Times the networks with random weights: one step of the UNet for two images, the text encoder, the
VAE's two directions. Needs no model file.
  --family sd1|sd2|sdxl  whose sizes the networks have (sd1)
  --plain                leaves a card's computing to LibTorch, for comparison with our kernels
  --small                few layers and channels, for trying the program
  --size W H             pixels, multiples of 8 (512 512, for sdxl 1024 1024)
  --frames N[,N...]      instead: the UNet's steps for N guided frames in one call (2 N rows, texts and
                         times prepared as in a travel), and the VAE's decoder
  --profile              with --frames: where the time of a step goes, layer by layer
  --gradient             instead: the UNet of one image, in turn without and with the gradient of its
                         output's sum with respect to the conditioning
  --batch-check          instead: compares, byte for byte, what frames become in calls of 1, 3 and 8;
                         exit status 1 when anything differs
  --compare-cpu          instead: compares every network's output with that of the same weights on the
                         CPU in fp32; exit status 1 above 1e-4 (fp32), 1e-2 (fp16) or 5e-2 (bf16) of
                         its norm
  --threads N            of the CPU (0: all)
  --repeat N             timed runs; medians are reported (3)
)";
}

Options parse_options(int argc, char** argv) {
  Options options;
  Words words(argc, argv);
  while (words.more()) {
    const std::string_view word = words.take("a word");
    if (set_switch(word, options)) {
      continue;
    }
    if (word == "--family") {
      options.family = family_of(words.take("a family"));
    } else if (word == "--size") {
      options.width = words.number("--size", 8);
      options.height = words.number("--size", 8);
    } else if (word == "--frames") {
      options.frames = words.numbers("--frames", 1);
    } else if (word == "--threads") {
      options.threads = static_cast<int>(words.number("--threads", 0));
    } else if (word == "--repeat") {
      options.repeat = static_cast<int>(words.number("--repeat", 1));
    } else {
      refuse(std::string(word) + ": no such option\n" + usage());
    }
  }
  if (options.width == 0) {
    options.width = options.height = options.family == Family::Sdxl ? 1024 : 512;
  }
  if (options.width % 8 != 0 || options.height % 8 != 0) {
    refuse("--size " + std::to_string(options.width) + " " + std::to_string(options.height) +
           ": expected multiples of 8");
  }
  if (options.profile && options.frames.empty()) {
    refuse("--profile: expected --frames beside it");
  }
  if (options.gradient + options.batch_check + options.compare_cpu + !options.frames.empty() > 1) {
    refuse("expected one of --frames, --gradient, --batch-check and --compare-cpu");
  }
  return options;
}

}  // namespace ptravel::bench
