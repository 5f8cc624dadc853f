// Checks the kernels for NVIDIA cards against fp32 on the same card, and times them beside
// LibTorch's operators (cuDNN, cuBLAS, fused attention) on the layers of a UNet of Stable Diffusion
// 1.x at 512x512.
//
//   cuda_kernels check|time [--images N]   exit status 1 where a result is wrong

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/operators.h"
#include "tensor/torch_compat.h"

namespace {

using namespace ptravel;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
bool all_right = true;

at::TensorOptions on_card(at::ScalarType type) { return at::TensorOptions(type).device(at::kCUDA); }

at::Tensor random(at::IntArrayRef sizes, at::ScalarType type, double scale = 1) {
  const at::Tensor x = (at::randn(sizes, on_card(at::kFloat)) * scale).to(type);
  return sizes.size() == 4 ? x.contiguous(kChannelsLast) : x;
}

void expect(const std::string& name,
            const at::Tensor& result,
            const at::Tensor& reference,
            double bound) {
  if (!result.defined()) {
    std::printf("WRONG %s: no kernel\n", name.c_str());
    all_right = false;
    return;
  }
  const at::Tensor wide = reference.to(at::kDouble);
  const double error = ((result.to(at::kDouble) - wide).norm() / wide.norm()).item<double>();
  const bool right = error < bound;
  all_right = all_right && right;
  std::printf("%s %-64s error %.2e (bound %.0e)\n", right ? "right" : "WRONG", name.c_str(), error,
              bound);
  std::fflush(stdout);
}

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

struct ConvShape {
  std::int64_t side;
  std::vector<std::int64_t> in;
  std::int64_t out;
  std::int64_t kernel = 3, stride = 1, after = 1, before = 1;
  bool doubled = false;
};

struct Conv {
  Conv(const ConvShape& s, std::int64_t images, at::ScalarType type) : shape(s) {
    std::int64_t channels = 0;
    for (const std::int64_t part : s.in) {
      parts.push_back(random({images, part, s.side, s.side}, type));
      channels += part;
    }
    const double scale = 1 / std::sqrt(static_cast<double>(channels * s.kernel * s.kernel));
    layer = {random({s.out, channels, s.kernel, s.kernel}, type, scale),
             random({s.out}, at::kFloat),
             s.kernel,
             s.stride,
             s.before,
             s.after};
  }
  at::Tensor joined() const { return parts.size() == 1 ? parts[0] : at::cat(parts, 1); }
  at::Tensor ours(const cuda::Finish& finish = {}) const {
    return cuda::convolve(parts, layer, finish, shape.doubled);
  }
  at::Tensor torch(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
    at::Tensor seen =
        shape.doubled ? at::upsample_nearest2d(x, {2 * shape.side, 2 * shape.side}) : x;
    seen = shape.before == shape.after
               ? seen
               : at::constant_pad_nd(seen, {shape.before, shape.after, shape.before, shape.after});
    return at::conv2d(seen, weight, bias, shape.stride,
                      shape.before == shape.after ? shape.before : 0);
  }
  at::Tensor reference() const {
    return torch(joined().to(at::kFloat), layer.weight.to(at::kFloat), layer.bias);
  }
  double flops(std::int64_t images) const {
    const std::int64_t side = shape.doubled ? 2 * shape.side : shape.side / shape.stride;
    return 2.0 * static_cast<double>(images * side * side) *
           static_cast<double>(layer.weight.numel());
  }
  std::string name() const {
    std::string text = "conv " + std::to_string(shape.side) + "^2 ";
    for (const std::int64_t part : shape.in) {
      text += std::to_string(part) + " ";
    }
    return text + "-> " + std::to_string(shape.out) + " k" + std::to_string(shape.kernel) + "/" +
           std::to_string(shape.stride) + (shape.doubled ? " doubled" : "");
  }

  ConvShape shape;
  std::vector<at::Tensor> parts;
  cuda::Layer layer;
};

/// Runs `body` with each kernel that attention has for such heads.
void for_attention_kernels(std::int64_t head, const std::function<void(int)>& body) {
  for (int kernel = 1; kernel <= cuda::attention_kernels(static_cast<int>(head)); ++kernel) {
    cuda::set_attention_kernel(kernel);
    body(kernel);
  }
  cuda::set_attention_kernel(0);
}

/// Eight images with different keys, together and each alone: the same bits.
void check_attention_of_many(at::ScalarType type) {
  for (const std::int64_t head : {40, 64, 80, 160}) {
    const at::Tensor q = random({8, 300, 2 * head}, type);
    std::vector<at::Tensor> k, v, expected;
    for (const std::int64_t keys : {77, 1, 130, 1000, 4096, 128, 77, 500}) {
      k.push_back(random({keys, 2 * head}, type));
      v.push_back(random({keys, 2 * head}, type));
      const auto split = [&](const at::Tensor& x) {
        return x.to(at::kFloat).unflatten(1, {2, head}).transpose(0, 1);
      };
      const at::Tensor scores = at::matmul(split(q[static_cast<std::int64_t>(expected.size())]),
                                           split(k.back()).transpose(1, 2)) /
                                std::sqrt(static_cast<double>(head));
      expected.push_back(
          at::matmul(at::softmax(scores, -1), split(v.back())).transpose(0, 1).flatten(1));
    }
    for_attention_kernels(head, [&](int kernel) {
      const std::string name =
          "attention " + std::to_string(kernel) + ": " + std::to_string(head) + " of many";
      const at::Tensor together = cuda::attention(q, k, v, 2, false);
      expect(name, together, at::stack(expected), type == at::kHalf ? 2e-3 : 1e-2);
      for (std::int64_t i = 0; i < 8; ++i) {
        const auto image = static_cast<std::size_t>(i);
        const at::Tensor alone =
            cuda::attention(q.narrow(0, i, 1), {k[image]}, {v[image]}, 2, false);
        if (!alone[0].equal(together[i])) {
          std::printf("WRONG %s: other bits alone, image %ld\n", name.c_str(),
                      static_cast<long>(i));
          all_right = false;
        }
      }
    });
  }
}

void check_type(at::ScalarType type) {
  const double bound = type == at::kHalf ? 6e-4 : 5e-3;
  const std::string suffix = type == at::kHalf ? " fp16" : " bf16";
  const std::vector<ConvShape> shapes = {
      {64, {320}, 320},       {32, {640, 320}, 640},
      {16, {1280}, 1280},     {8, {1280, 1280}, 1280},
      {64, {320}, 320, 3, 2}, {16, {640}, 640, 3, 1, 1, 1, true},
      {13, {64}, 40},         {9, {72}, 24},
      {64, {320}, 4},         {65, {128}, 128, 3, 2, 1, 0},
      {64, {4}, 512},         {32, {320, 320}, 320, 1, 1, 0, 0},
  };
  for (const ConvShape& shape : shapes) {
    const Conv conv(shape, 2, type);
    const at::Tensor plain = conv.reference();
    expect(conv.name() + suffix, conv.ours(), plain, bound);
    if (shape.in[0] < 16) {
      continue;
    }
    const at::Tensor image_bias = random({2, shape.out}, at::kFloat);
    const at::Tensor residual = random(plain.sizes(), type);
    expect(conv.name() + " with residual" + suffix, conv.ours({image_bias, residual, false}),
           plain + image_bias.unsqueeze(2).unsqueeze(3) + residual.to(at::kFloat), bound);
    // One picture's result among many, bit for bit.
    std::vector<at::Tensor> many, alone;
    for (const at::Tensor& part : conv.parts) {
      many.push_back(at::cat({random({7, part.size(1), part.size(2), part.size(3)}, type),
                              part.narrow(0, 1, 1)})
                         .contiguous(kChannelsLast));
      alone.push_back(part.narrow(0, 1, 1));
    }
    const at::Tensor one = cuda::convolve(alone, conv.layer, {}, shape.doubled);
    const at::Tensor eighth = cuda::convolve(many, conv.layer, {}, shape.doubled).narrow(0, 7, 1);
    if (!one.equal(eighth) || !one.equal(conv.ours().narrow(0, 1, 1))) {
      std::printf("WRONG %s: other bits among eight pictures, largest difference %g\n",
                  conv.name().c_str(), (one - eighth).abs().max().item<double>());
      all_right = false;
    }
  }
  for (const auto& [tokens, in, out] : std::vector<std::array<std::int64_t, 3>>{
           {4096, 320, 2560}, {77, 768, 320}, {1, 1280, 640}, {256, 5120, 1280}, {100, 72, 24}}) {
    const at::Tensor x = random({2, tokens, in}, type);
    const cuda::Layer layer{random({out, in}, type, 1 / std::sqrt(static_cast<double>(in))),
                            random({out}, at::kFloat)};
    expect("linear " + std::to_string(tokens) + " x " + std::to_string(in) + " -> " +
               std::to_string(out) + suffix,
           cuda::multiply(x, layer, {}),
           at::linear(x.to(at::kFloat), layer.weight.to(at::kFloat), layer.bias), bound);
  }
  for (const auto& [channels, side] :
       std::vector<std::array<std::int64_t, 2>>{{320, 64}, {2560, 8}, {128, 200}, {32, 5}}) {
    const at::Tensor x = random({2, channels, side, side}, type) + 3;
    const at::Tensor weight = random({channels}, at::kFloat), bias = random({channels}, at::kFloat);
    const at::Tensor normal = at::group_norm(x.to(at::kFloat), 32, weight, bias, 1e-5);
    expect("group norm " + std::to_string(channels) + " " + std::to_string(side) + suffix,
           cuda::group_norm(x, 32, weight, bias, 1e-5, true), at::silu(normal), bound);
  }
  {
    const at::Tensor x = random({2, 1000, 1280}, type) + 2;
    const at::Tensor weight = random({1280}, at::kFloat), bias = random({1280}, at::kFloat);
    expect("layer norm" + suffix, cuda::layer_norm(x, weight, bias, 1e-5),
           at::layer_norm(x.to(at::kFloat), {1280}, weight, bias, 1e-5), bound);
    const at::Tensor wide = x.to(at::kFloat);
    expect("geglu" + suffix, cuda::geglu(x),
           wide.narrow(2, 0, 640) * at::gelu(wide.narrow(2, 640, 640)), bound);
  }
  for (const auto& [heads, head, queries, keys, causal] :
       std::vector<std::array<std::int64_t, 5>>{{8, 40, 4096, 4096, 0},
                                                {8, 40, 4096, 77, 0},
                                                {8, 80, 1024, 1024, 0},
                                                {8, 160, 256, 256, 0},
                                                {8, 160, 64, 77, 0},
                                                {10, 64, 1000, 1000, 0},
                                                {12, 64, 77, 77, 1},
                                                {3, 8, 33, 21, 0}}) {
    const at::Tensor q = random({2, queries, heads * head}, type);
    const at::Tensor k = random({2, keys, heads * head}, type);
    const at::Tensor v = random({2, keys, heads * head}, type);
    const auto split = [&, heads = heads, head = head](const at::Tensor& x) {
      return x.to(at::kFloat).unflatten(2, {heads, head}).transpose(1, 2);
    };
    at::Tensor scores =
        at::matmul(split(q), split(k).transpose(2, 3)) / std::sqrt(static_cast<double>(head));
    if (causal != 0) {
      scores = scores.masked_fill(at::ones({queries, keys}, on_card(at::kBool)).triu(1), -INFINITY);
    }
    const at::Tensor reference =
        at::matmul(at::softmax(scores, -1), split(v)).transpose(1, 2).flatten(2);
    for_attention_kernels(head, [&, heads = heads, head = head, queries = queries, keys = keys,
                                 causal = causal](int kernel) {
      expect("attention " + std::to_string(kernel) + ": " + std::to_string(head) + " of " +
                 std::to_string(queries) + " x " + std::to_string(keys) + suffix,
             cuda::attention(q, k.unbind(), v.unbind(), heads, causal != 0), reference,
             type == at::kHalf ? 2e-3 : 1e-2);
    });
  }
  check_attention_of_many(type);
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
  for (int block = 1; block <= 3; ++block) {
    cuda::set_matrix_block(block);
    std::printf(" %d: %.1f", block, flops / milliseconds(body, 7) / 1e9);
  }
  cuda::set_matrix_block(0);
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
      check_type(at::kHalf);
      check_type(at::kBFloat16);
      std::printf(all_right ? "all right\n" : "something is WRONG\n");
      return all_right ? 0 : 1;
    }
    time_layers(images);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cuda_kernels: %s\n", error.what());
    return 1;
  }
}
