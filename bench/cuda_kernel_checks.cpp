#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cuda_layers.h"

namespace ptravel::bench {
namespace {

bool all_right = true;

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

/// The same bits from every kind of block.
void expect_blocks_alike(const std::string& name, const std::function<at::Tensor()>& body) {
  const at::Tensor chosen = body();
  for (int block = 1; block <= static_cast<int>(cuda::MatrixBlock::InTurn); ++block) {
    cuda::set_matrix_block(static_cast<cuda::MatrixBlock>(block));
    const at::Tensor result = body();
    if (!result.equal(chosen)) {
      std::printf("WRONG %s: other bits by blocks of kind %d, largest difference %g\n",
                  name.c_str(), block, (result - chosen).abs().max().item<double>());
      all_right = false;
    }
  }
  cuda::set_matrix_block(cuda::MatrixBlock::Chosen);
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
    expect_blocks_alike(conv.name() + suffix, [&] {
      return conv.ours({image_bias, residual, false});
    });
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
    expect_blocks_alike("linear " + std::to_string(tokens) + suffix,
                        [&] { return cuda::multiply(x, layer, {}); });
  }
  for (const auto& [images, tokens, in] :
       std::vector<std::array<std::int64_t, 3>>{{2, 4096, 320}, {3, 77, 640}, {16, 1024, 640}}) {
    const at::Tensor x = random({images, tokens, in}, type);
    const cuda::Layer layer{random({8 * in, in}, type, 1 / std::sqrt(static_cast<double>(in))),
                            random({8 * in}, at::kFloat)};
    const at::Tensor whole = at::linear(x.to(at::kFloat), layer.weight.to(at::kFloat), layer.bias);
    const std::string name = "gated linear " + std::to_string(tokens) + suffix;
    const at::Tensor made = cuda::multiply_gated(x, layer);
    expect(name, made, whole.narrow(2, 0, 4 * in) * at::gelu(whole.narrow(2, 4 * in, 4 * in)),
           bound);
    if (made.defined() && !cuda::multiply_gated(x.narrow(0, 1, 1), layer)[0].equal(made[1])) {
      std::printf("WRONG %s: other bits alone\n", name.c_str());
      all_right = false;
    }
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

}  // namespace

bool check_kernels() {
  check_type(at::kHalf);
  check_type(at::kBFloat16);
  return all_right;
}

}  // namespace ptravel::bench
