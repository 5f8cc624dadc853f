#include "onednn_ceiling_layers.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>
#include <dnnl.hpp>

#include "ptravel/error.h"
#include "tensor/cpu/onednn_plans.h"
#include "tensor/cpu/parallel.h"

namespace ptravel {
namespace {

using dnnl::memory;
using Description = memory::desc;
using Tag = memory::format_tag;
using Clock = std::chrono::steady_clock;

/// Ways that are this much slower than the fastest in the first comparison are not timed again.
constexpr double kSlower = 1.15;
constexpr int kFirstRuns = 3;

/// Runs go on for at least so long: the fastest of three very short ones depends on chance.
constexpr double kLeastSeconds = 0.005;

const char* name_of(Sharing sharing) {
  switch (sharing) {
    case Sharing::WholeBatch:
      return "whole batch";
    case Sharing::ImageByImage:
      return "image by image";
    case Sharing::ImagePerThread:
      return "image per thread";
  }
  return "";
}

/// A primitive and the layouts that it works on.
struct Kernel {
  dnnl::primitive primitive;  // empty where oneDNN has no fast one
  Description source, weights, bias, out, scratch;
  std::string implementation;
};

template <typename Primitive, typename... Operands>
typename Primitive::primitive_desc describe(const Operands&... operands) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
  return typename Primitive::primitive_desc(cpu::engine(), operands..., attributes);
#else
  return typename Primitive::primitive_desc(typename Primitive::desc(operands...), attributes,
                                            cpu::engine());
#endif
}

/// `operands`: what the primitive is described by.
template <typename Primitive, typename... Operands>
Kernel make_kernel(const Description& bias, const Operands&... operands) {
  try {
    const auto description = describe<Primitive>(operands...);
    const std::string implementation = description.impl_info_str();
    if (implementation.find("ref") != std::string::npos) {
      return {};
    }
    return {dnnl::primitive(description),
            description.src_desc(),
            description.weights_desc(),
            bias,
            description.dst_desc(),
            description.scratchpad_desc(),
            implementation};
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) {
      throw Error(ErrorCode::Internal, std::string("[onednn_ceiling] ") + error.message);
    }
    return {};
  }
}

/// One call's operands: so many images, in the network's layout or in any.
struct Operands {
  std::int64_t images = 1;
  bool plain = true;
  memory::data_type type = memory::data_type::f32;

  Description rows(std::int64_t count, std::int64_t width) const {
    return {{images * count, width}, type, plain ? Tag::ab : Tag::any};
  }
  Description picture(std::int64_t channels, std::int64_t height, std::int64_t width) const {
    return {{images, channels, height, width}, type, plain ? Tag::nhwc : Tag::any};
  }
  Description weights(const memory::dims& sizes) const { return {sizes, type, Tag::any}; }
};

Description bias_of(const memory::dims& sizes, Tag tag) {
  return {sizes, memory::data_type::f32, tag};
}

template <dnnl::algorithm kAlgorithm>
Kernel convolution(const std::vector<std::int64_t>& sizes, const Operands& operands) {
  const std::int64_t in = sizes[0], out = sizes[1], side = sizes[2], stride = sizes[3];
  const std::int64_t height = sizes[4], width = sizes[5];
  const memory::dims strides(2, stride), before(2, (side - 1) / 2), after(2, side / 2);
  const Description bias = bias_of({out}, Tag::a);
  return make_kernel<dnnl::convolution_forward>(
      bias, dnnl::prop_kind::forward_inference, kAlgorithm,
      operands.picture(in, stride * height, stride * width),
      operands.weights({out, in, side, side}), bias, operands.picture(out, height, width), strides,
      before, after);
}

Kernel matmul(const std::vector<std::int64_t>& sizes, const Operands& operands) {
  const std::int64_t rows = sizes[0], in = sizes[1], out = sizes[2];
  const Description bias = bias_of({1, out}, Tag::ab);
  return make_kernel<dnnl::matmul>(bias, operands.rows(rows, in), operands.weights({in, out}), bias,
                                   operands.rows(rows, out));
}

Kernel inner_product(const std::vector<std::int64_t>& sizes, const Operands& operands) {
  const std::int64_t rows = sizes[0], in = sizes[1], out = sizes[2];
  const Description bias = bias_of({out}, Tag::a);
  return make_kernel<dnnl::inner_product_forward>(
      bias, dnnl::prop_kind::forward_inference, operands.rows(rows, in),
      operands.weights({out, in}), bias, operands.rows(rows, out));
}

using MakeKernel = Kernel (*)(const std::vector<std::int64_t>&, const Operands&);

std::vector<std::pair<const char*, MakeKernel>> primitives_for(LayerKind kind, bool winograd) {
  if (kind == LayerKind::Linear) {
    return {{"matmul", matmul}, {"inner product", inner_product}};
  }
  std::vector<std::pair<const char*, MakeKernel>> result = {
      {"direct", convolution<dnnl::algorithm::convolution_direct>}};
  if (winograd) {
    result.emplace_back("Winograd", convolution<dnnl::algorithm::convolution_winograd>);
  }
  return result;
}

/// Makes `numbers` at least so many bytes long; whoever holds the old memory keeps it. Bytes that
/// are not numbers are left as they are.
at::Tensor grown(at::Tensor& numbers, std::size_t bytes, at::ScalarType type) {
  const auto element = static_cast<std::int64_t>(c10::elementSize(type));
  const std::int64_t count = (static_cast<std::int64_t>(bytes) + element - 1) / element;
  if (!numbers.defined() || numbers.numel() < count) {
    numbers = type == at::kByte ? at::empty({count}, type) : at::randn({count}, type);
  }
  return numbers;
}

constexpr std::size_t kCacheLine = 64;

/// The bytes of one image's operand, with the next one's beginning at a cache line.
std::size_t stride_of(const Description& layout) {
  return (layout.get_size() + kCacheLine - 1) / kCacheLine * kCacheLine;
}

memory image_of(const Description& layout, const at::Tensor& images, std::int64_t image) {
  return memory(
      layout, cpu::engine(),
      static_cast<char*>(images.data_ptr()) + static_cast<std::size_t>(image) * stride_of(layout));
}

}  // namespace

std::string to_text(const LayerGroup& group) {
  std::vector<std::string> numbers;
  for (const std::int64_t size : group.sizes) {
    numbers.push_back(std::to_string(size));
  }
  if (group.kind == LayerKind::Linear) {
    return "linear " + numbers[1] + " -> " + numbers[2] + ", " + numbers[0] + " rows";
  }
  return "convolution " + numbers[0] + " -> " + numbers[1] + ", " + numbers[2] + "x" + numbers[2] +
         (group.sizes[3] == 1 ? ", " : " / " + numbers[3] + ", ") + numbers[4] + "x" + numbers[5];
}

/// One way to compute a layer for a whole batch.
struct LayerTimer::Way {
  Way(const char* primitive, Kernel made, bool plain, Sharing shared)
      : name(std::string(primitive) + (plain ? ", plain, " : ", own layout, ") + name_of(shared) +
             " (" + made.implementation + ")"),
        kernel(std::move(made)),
        sharing(shared) {}

  bool same_as(const Way& other) const {
    return kernel.implementation == other.kernel.implementation && sharing == other.sharing &&
           kernel.source == other.kernel.source && kernel.weights == other.kernel.weights &&
           kernel.out == other.kernel.out && kernel.bias == other.kernel.bias;
  }

  /// Takes memory for `count` calls.
  void bind(std::int64_t count, RandomMemory& numbers) {
    const auto copies = static_cast<std::size_t>(count);
    const at::ScalarType type = numbers.type;
    const at::Tensor source = grown(numbers.source, copies * stride_of(kernel.source), type);
    const at::Tensor weights = grown(numbers.weights, kernel.weights.get_size(), type);
    const at::Tensor bias =
        at::randn({static_cast<std::int64_t>(kernel.bias.get_size() / sizeof(float))});
    const at::Tensor out = grown(numbers.out, copies * stride_of(kernel.out), type);
    const at::Tensor scratch =
        grown(numbers.scratch, copies * stride_of(kernel.scratch), at::kByte);
    held = {source, weights, bias, out, scratch};
    for (std::int64_t call = 0; call < count; ++call) {
      calls.push_back({
          {DNNL_ARG_SRC, image_of(kernel.source, source, call)},
          {DNNL_ARG_WEIGHTS, memory(kernel.weights, cpu::engine(), weights.data_ptr())},
          {DNNL_ARG_BIAS, memory(kernel.bias, cpu::engine(), bias.data_ptr())},
          {DNNL_ARG_DST, image_of(kernel.out, out, call)},
          {DNNL_ARG_SCRATCHPAD, image_of(kernel.scratch, scratch, call)},
      });
    }
  }

  void run(std::int64_t call) const {
    dnnl::stream stream(cpu::engine());
    kernel.primitive.execute(stream, calls[static_cast<std::size_t>(call)]);
    stream.wait();
  }

  double seconds_of_run() const {
    const auto start = Clock::now();
    const auto count = static_cast<std::int64_t>(calls.size());
    if (sharing == Sharing::ImagePerThread) {
      cpu::parallel_tasks(count, [&](std::int64_t call) { run(call); });
    } else {
      for (std::int64_t call = 0; call < count; ++call) {
        run(call);
      }
    }
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  double fastest_of(int repeats) const {
    double best = std::numeric_limits<double>::infinity(), spent = 0;
    for (int i = 0; i < repeats || spent < kLeastSeconds; ++i) {
      const double seconds = seconds_of_run();
      best = std::min(best, seconds);
      spent += seconds;
    }
    return best;
  }

  std::string name;
  Kernel kernel;
  Sharing sharing;
  std::vector<std::unordered_map<int, memory>> calls;  // one, or one for each image
  std::vector<at::Tensor> held;                        // the memory that the calls work on
};

LayerTimer::LayerTimer(LayerGroup group, const TimerOptions& options, RandomMemory& numbers)
    : group_(std::move(group)), options_(options), best_(std::numeric_limits<double>::infinity()) {
  for (const Sharing sharing :
       {Sharing::WholeBatch, Sharing::ImageByImage, Sharing::ImagePerThread}) {
    for (const bool plain : {true, false}) {
      if (sharing == Sharing::WholeBatch || options_.batch > 1) {
        add_ways(sharing, plain, numbers);
      }
    }
  }
  if (ways_.empty()) {
    throw Error(ErrorCode::Unsupported,
                "[onednn_ceiling] " + to_text(group_) + ": oneDNN has no fast kernel here");
  }
  keep_fastest();
}

LayerTimer::LayerTimer(LayerTimer&&) noexcept = default;
LayerTimer::~LayerTimer() = default;

void LayerTimer::add_ways(Sharing sharing, bool plain, RandomMemory& numbers) {
  const bool whole = sharing == Sharing::WholeBatch;
  const Operands operands{
      whole ? options_.batch : 1, plain,
      numbers.type == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32};
  for (const auto& [primitive, make] : primitives_for(group_.kind, options_.winograd)) {
    Kernel kernel;
    const auto plan = [&, make = make] { kernel = make(group_.sizes, operands); };
    // oneDNN plans for the threads that there are where a primitive is made.
    if (sharing == Sharing::ImagePerThread) {
      cpu::parallel_tasks(1, [&](std::int64_t) { plan(); });
    } else {
      plan();
    }
    Way way(primitive, std::move(kernel), plain, sharing);
    const bool known = std::any_of(ways_.begin(), ways_.end(),
                                   [&](const Way& other) { return way.same_as(other); });
    if (way.kernel.primitive && !known) {
      way.bind(whole ? 1 : options_.batch, numbers);
      ways_.push_back(std::move(way));
    }
  }
}

void LayerTimer::keep_fastest() {
  std::vector<double> seconds;
  for (const Way& way : ways_) {
    seconds.push_back(way.fastest_of(kFirstRuns));
  }
  const double fastest = *std::min_element(seconds.begin(), seconds.end());
  std::vector<Way> kept;
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    if (seconds[i] <= kSlower * fastest) {
      kept.push_back(std::move(ways_[i]));
    }
  }
  ways_ = std::move(kept);
}

double LayerTimer::group_seconds(double batch_seconds) const {
  return batch_seconds * group_.images / static_cast<double>(options_.batch);
}

double LayerTimer::best(int repeats) {
  double result = std::numeric_limits<double>::infinity();
  for (const Way& way : ways_) {
    const double seconds = group_seconds(way.fastest_of(repeats));
    result = std::min(result, seconds);
    if (seconds < best_) {
      best_ = seconds;
      fastest_ = way.name;
    }
  }
  return result;
}

}  // namespace ptravel
