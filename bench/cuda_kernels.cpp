// Checks the kernels for NVIDIA cards against fp32 on the same card, and times them beside
// LibTorch's operators (cuDNN, cuBLAS, fused attention) on the layers of a UNet of Stable Diffusion
// 1.x at 512x512.
//
//   cuda_kernels check|time [--images N]   exit status 1 where a result is wrong

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/cuda/CUDAEvent.h>

#include "tensor/torch_compat.h"

#include "cuda_layers.h"

namespace {

using namespace ptravel;
using namespace ptravel::bench;

/// Median milliseconds of runs of `body`, by events, after three that warm up.
double milliseconds(const std::function<void()>& body, int repeats = 15) {
  for (int i = 0; i < 3; ++i) {
    body();
  }
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    at::cuda::CUDAEvent begin(cudaEventDefault), end(cudaEventDefault);
    begin.record();
    for (int j = 0; j < 4; ++j) {
      body();
    }
    end.record();
    end.synchronize();
    all.push_back(begin.elapsed_time(end) / 4);
  }
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

/// TFLOP/s with each kernel of attention.
void time_attention_kernels(std::int64_t head, const std::function<void()>& body, double flops) {
  std::printf("      kernels:");
  for_attention_kernels(head, [&](int kernel) {
    std::printf(" %d: %.1f", kernel, flops / milliseconds(body, 7) / 1e9);
  });
  std::printf("\n");
}

void report(const std::string& name, double flops, double ours, double torch) {
  std::printf("%-44s ours %8.4f ms %6.1f TFLOP/s   LibTorch %8.4f ms %6.1f TFLOP/s   %.2f\n",
              name.c_str(), ours, flops / ours / 1e9, torch, flops / torch / 1e9, torch / ours);
  std::fflush(stdout);
}

/// TFLOP/s with each kind of block.
void for_blocks(const std::function<void()>& body, double flops) {
  std::printf("      blocks:");
  for (int block = 1; block <= static_cast<int>(cuda::MatrixBlock::InTurn); ++block) {
    cuda::set_matrix_block(static_cast<cuda::MatrixBlock>(block));
    std::printf(" %d: %.1f", block, flops / milliseconds(body, 7) / 1e9);
  }
  cuda::set_matrix_block(cuda::MatrixBlock::Chosen);
  std::printf("\n");
}

void time_layers(std::int64_t images) {
  const auto type = at::kHalf;
  std::printf("rows %ld\n", static_cast<long>(images));
  {
    const at::Tensor a = random({8192, 8192}, type), b = random({8192, 8192}, type);
    const double ms = milliseconds([&] { at::matmul(a, b); }, 5);
    std::printf("matmul 8192: %.1f TFLOP/s;", 2.0 * std::pow(8192.0, 3) / ms / 1e9);
    const double copy = milliseconds([&] { b.clone(); }, 5);
    std::printf(" copy: %.2f TB/s\n", 2.0 * 8192 * 8192 * 2 / copy / 1e9);
    const cuda::Layer layer{b, {}};
    std::printf("our product 8192:");
    for_blocks([&] { cuda::multiply(a.unsqueeze(0), layer, {}); }, 2.0 * std::pow(8192.0, 3));
  }
  for (const ConvShape& shape : std::vector<ConvShape>{{64, {320}, 320},
                                                       {64, {640, 320}, 320},
                                                       {32, {640}, 640},
                                                       {32, {1280, 640}, 640},
                                                       {16, {1280}, 1280},
                                                       {16, {1280, 1280}, 1280},
                                                       {8, {1280}, 1280},
                                                       {8, {1280, 1280}, 1280},
                                                       {64, {320}, 320, 3, 2},
                                                       {32, {640}, 640, 3, 1, 1, 1, true},
                                                       {64, {320}, 4},
                                                       {64, {640, 320}, 320, 1, 1, 0, 0}}) {
    const Conv conv(shape, images, type);
    const at::Tensor x = conv.joined();
    const at::Tensor bias = conv.layer.bias.to(type);
    report(conv.name(), conv.flops(images), milliseconds([&] { conv.ours(); }),
           milliseconds([&] { conv.torch(x, conv.layer.weight, bias); }));
    for_blocks([&] { conv.ours(); }, conv.flops(images));
  }
  for (const auto& [tokens, in, out] : std::vector<std::array<std::int64_t, 3>>{{4096, 320, 320},
                                                                                {4096, 320, 2560},
                                                                                {4096, 1280, 320},
                                                                                {1024, 640, 640},
                                                                                {1024, 640, 5120},
                                                                                {1024, 2560, 640},
                                                                                {256, 1280, 1280},
                                                                                {256, 1280, 10240},
                                                                                {256, 5120, 1280},
                                                                                {64, 1280, 1280}}) {
    const at::Tensor x = random({images, tokens, in}, type);
    const cuda::Layer layer{random({out, in}, type), random({out}, at::kFloat)};
    const at::Tensor bias = layer.bias.to(type);
    report("linear " + std::to_string(tokens) + " x " + std::to_string(in) + " -> " +
               std::to_string(out),
           2.0 * static_cast<double>(images * tokens * in * out),
           milliseconds([&] { cuda::multiply(x, layer, {}); }),
           milliseconds([&] { at::linear(x, layer.weight, bias); }));
    for_blocks([&] { cuda::multiply(x, layer, {}); },
               2.0 * static_cast<double>(images * tokens * in * out));
    if (out == 8 * in) {
      report("the same with its gates", 2.0 * static_cast<double>(images * tokens * in * out),
             milliseconds([&] { cuda::multiply_gated(x, layer); }),
             milliseconds([&] { cuda::geglu(cuda::multiply(x, layer, {})); }));
    }
  }
  for (const auto& [head, queries, keys] :
       std::vector<std::array<std::int64_t, 3>>{{40, 4096, 4096},
                                                {40, 4096, 77},
                                                {80, 1024, 1024},
                                                {80, 1024, 77},
                                                {160, 256, 256},
                                                {160, 64, 77},
                                                {64, 4096, 4096}}) {
    const at::Tensor q = random({images, queries, 8 * head}, type);
    const at::Tensor k = random({images, keys, 8 * head}, type);
    const at::Tensor v = random({images, keys, 8 * head}, type);
    const auto split = [&, head = head](const at::Tensor& x) {
      return x.unflatten(2, {8, head}).transpose(1, 2);
    };
    const std::vector<at::Tensor> ks = k.unbind(), vs = v.unbind();
    report("attention " + std::to_string(head) + " of " + std::to_string(queries) + " x " +
               std::to_string(keys),
           4.0 * static_cast<double>(images * queries * keys * 8 * head),
           milliseconds([&] { cuda::attention(q, ks, vs, 8, false); }),
           milliseconds([&] { compat::fused_attention(split(q), split(k), split(v), false); }));
    time_attention_kernels(
        head, [&] { cuda::attention(q, ks, vs, 8, false); },
        4.0 * static_cast<double>(images * queries * keys * 8 * head));
  }
  for (const auto& [channels, side] : std::vector<std::array<std::int64_t, 2>>{
           {320, 64}, {960, 64}, {640, 32}, {1280, 16}, {2560, 8}, {128, 512}}) {
    const at::Tensor x = random({channels == 128 ? 1 : images, channels, side, side}, type);
    const at::Tensor weight = random({channels}, at::kFloat), bias = random({channels}, at::kFloat);
    const at::Tensor w = weight.to(type), b = bias.to(type);
    report("group norm and silu " + std::to_string(channels) + " " + std::to_string(side),
           static_cast<double>(x.numel()) * 4000,
           milliseconds([&] { cuda::group_norm(x, 32, weight, bias, 1e-5, true); }),
           milliseconds([&] { at::silu(at::group_norm(x, 32, w, b, 1e-5)); }));
  }
  {
    const at::Tensor x = random({images, 4096, 2560}, type);
    const at::Tensor y = random({images, 4096, 320}, type);
    const at::Tensor weight = random({320}, at::kFloat), bias = random({320}, at::kFloat);
    const at::Tensor w = weight.to(type), b = bias.to(type);
    report("geglu 4096 x 1280", static_cast<double>(x.numel()) * 3000,
           milliseconds([&] { cuda::geglu(x); }),
           milliseconds([&] { x.narrow(2, 0, 1280) * at::gelu(x.narrow(2, 1280, 1280)); }));
    report("layer norm 4096 x 320", static_cast<double>(y.numel()) * 4000,
           milliseconds([&] { cuda::layer_norm(y, weight, bias, 1e-5); }),
           milliseconds([&] { at::layer_norm(y, {320}, w, b, 1e-5); }));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const at::NoGradGuard no_gradients;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what != "check" && what != "time") {
    std::fprintf(stderr, "usage: cuda_kernels check|time [--images N]\n");
    return 2;
  }
  const std::int64_t images = argc > 3 ? std::atol(argv[3]) : 2;
  try {
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
    at::manual_seed(1);
    if (what == "check") {
      const bool right = check_kernels();
      std::printf(right ? "all right\n" : "something is WRONG\n");
      return right ? 0 : 1;
    }
    time_layers(images);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cuda_kernels: %s\n", error.what());
    return 1;
  }
}
