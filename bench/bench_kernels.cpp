// The operations that a denoising step of Stable Diffusion 1.5 at 512x512 spends its time in, one
// image each. Every case first compares the fast path with LibTorch's, then measures. Arguments: 0
// = fp32, 1 = bf16.
//
//   conv       3x3 convolution at each level of the UNet, and of the VAE at full size
//   linear     the projections and the feed-forward of each level
//   attention  self attention at each level, attention to the text, the VAE's attention
//   norms      group norm with SiLU, layer norm
//   geglu      the gate of the feed-forward
//
// PTRAVEL_THREADS sets the number of threads (default: all).

#include <cstdlib>
#include <string>

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "tensor/activation.h"
#include "tensor/attention.h"
#include "tensor/compute.h"
#include "tensor/conv.h"
#include "tensor/linear.h"
#include "tensor/norm.h"

namespace {

using namespace ptravel;

at::ScalarType type_of(const benchmark::State& state) {
  return state.range(0) == 0 ? at::kFloat : at::kBFloat16;
}

/// Fails the case when the two results are further apart than rounding explains.
void compare(benchmark::State& state, const at::Tensor& fast, const at::Tensor& reference) {
  const at::Tensor exact = reference.to(at::kFloat);
  const double error = (fast.to(at::kFloat) - exact).norm().item<double>();
  const double allowed = (state.range(0) == 0 ? 1e-5 : 1e-2) * exact.norm().item<double>();
  if (!(error <= allowed)) {
    state.SkipWithError(("differs from the reference by " + std::to_string(error)).c_str());
  }
}

template <typename Body>
void measure(benchmark::State& state, double flops, const Body& body) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(body().data_ptr());
  }
  state.counters["flop/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

void conv(benchmark::State& state) {
  const auto in = state.range(1), out = state.range(2), side = state.range(3);
  const at::Tensor x =
      at::randn({1, in, side, side}).to(type_of(state)).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::randn({out, in, 3, 3}).to(type_of(state));
  const Convolution convolution(weight, at::zeros({out}), {1, 1, 1});
  const at::Tensor expected =
      at::conv2d(x.to(at::kFloat), weight.to(at::kFloat), {}, /*stride=*/1, /*padding=*/1);
  compare(state, convolution(x), expected);
  measure(state, 18.0 * static_cast<double>(in * out * side * side),
          [&] { return convolution(x); });
}

void linear(benchmark::State& state) {
  const auto tokens = state.range(1), in = state.range(2), out = state.range(3);
  const at::Tensor x = at::randn({1, tokens, in}).to(type_of(state));
  const at::Tensor weight = at::randn({out, in}).to(type_of(state));
  const LinearMap map(weight, at::zeros({out}));
  compare(state, map(x), at::linear(x.to(at::kFloat), weight.to(at::kFloat)));
  measure(state, 2.0 * static_cast<double>(tokens * in * out), [&] { return map(x); });
}

void attend(benchmark::State& state) {
  const auto queries = state.range(1), keys = state.range(2), heads = state.range(3),
             dim = state.range(4);
  const auto make = [&](std::int64_t tokens) {
    return at::randn({1, tokens, heads * dim}).to(type_of(state));
  };
  const at::Tensor q = make(queries), k = make(keys), v = make(keys);
  const at::Tensor few = q.narrow(1, 0, 64).to(at::kFloat).requires_grad_();
  const at::Tensor expected = attention(few, k.to(at::kFloat), v.to(at::kFloat), heads).detach();
  compare(state, attention(q, k, v, heads).narrow(1, 0, 64), expected);
  measure(state, 4.0 * static_cast<double>(queries * keys * heads * dim),
          [&] { return attention(q, k, v, heads); });
}

void group_norm_silu(benchmark::State& state) {
  const auto channels = state.range(1), side = state.range(2);
  const at::Tensor x = at::randn({1, channels, side, side})
                           .to(type_of(state))
                           .contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor ones = at::ones({channels}), zeros = at::zeros({channels});
  const auto run = [&] { return group_norm(x, 32, ones, zeros, 1e-5, AfterNorm::Silu); };
  compare(state, run(), at::silu(at::group_norm(x.to(at::kFloat).contiguous(), 32)));
  measure(state, 0, run);
  state.SetBytesProcessed(state.iterations() * 3 * x.numel() * x.element_size());
}

void layer_norms(benchmark::State& state) {
  const auto tokens = state.range(1), width = state.range(2);
  const at::Tensor x = at::randn({1, tokens, width}).to(type_of(state));
  const at::Tensor ones = at::ones({width}), zeros = at::zeros({width});
  const auto run = [&] { return ptravel::layer_norm(x, ones, zeros, 1e-5); };
  compare(state, run(), at::layer_norm(x.to(at::kFloat), {width}));
  measure(state, 0, run);
  state.SetBytesProcessed(state.iterations() * 2 * x.numel() * x.element_size());
}

void gate(benchmark::State& state) {
  const auto tokens = state.range(1), width = state.range(2);
  const at::Tensor x = at::randn({1, tokens, 2 * width}).to(type_of(state));
  const at::Tensor wide = x.to(at::kFloat);
  compare(state, geglu(x), wide.narrow(2, 0, width) * at::gelu(wide.narrow(2, width, width)));
  measure(state, 0, [&] { return geglu(x); });
  state.SetBytesProcessed(state.iterations() * 3 * tokens * width * x.element_size());
}

using Arguments = std::vector<std::vector<std::int64_t>>;

void add(const char* name, void (*body)(benchmark::State&), const Arguments& cases) {
  auto* registered =
      benchmark::RegisterBenchmark(name, body)->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const auto& sizes : cases) {
    for (const std::int64_t type : {0, 1}) {
      std::vector<std::int64_t> arguments = {type};
      arguments.insert(arguments.end(), sizes.begin(), sizes.end());
      registered->Args(arguments);
    }
  }
}

void add_all() {
  add("conv", conv,
      {{320, 320, 64},
       {640, 640, 32},
       {1280, 1280, 16},
       {2560, 1280, 8},
       {128, 128, 512},
       {320, 4, 64}});
  add("linear", linear,
      {{4096, 320, 320},
       {4096, 320, 2560},
       {1024, 640, 5120},
       {256, 1280, 10240},
       {77, 768, 1280}});
  add("attention", attend,
      {{4096, 4096, 8, 40},
       {1024, 1024, 8, 80},
       {256, 256, 8, 160},
       {4096, 77, 8, 40},
       {4096, 4096, 1, 512}});
  add("group_norm_silu", group_norm_silu, {{320, 64}, {960, 64}, {1280, 16}, {256, 512}});
  add("layer_norm", layer_norms, {{4096, 320}, {256, 1280}});
  add("geglu", gate, {{4096, 1280}, {256, 5120}});
}

}  // namespace

int main(int argc, char** argv) {
  const char* threads = std::getenv("PTRAVEL_THREADS");
  const int used = prepare_cpu(threads != nullptr ? std::atoi(threads) : 0);
  benchmark::AddCustomContext("threads used", std::to_string(used));
  add_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
