#include "tensor/cuda/operators.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>

#include "ptravel/error.h"
#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {
namespace {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;
constexpr int kOldestCapability = 8;

std::atomic<bool> used = true;

Element element_of(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf ? Element::Float16 : Element::Bfloat16;
}

Stream stream_of(const at::Tensor& x) {
  return at::cuda::getCurrentCUDAStream(x.get_device()).stream();
}

bool small_enough(std::int64_t number) { return number < std::numeric_limits<int>::max() / 2; }

bool aligned(const at::Tensor& x) {
  return !x.defined() || reinterpret_cast<std::uintptr_t>(x.data_ptr()) % 16 == 0;
}

/// The channels of one or two parts that the kernels can read as they lie; others side by side.
std::vector<at::Tensor> readable_parts(at::TensorList parts) {
  std::vector<at::Tensor> pictures;
  for (const at::Tensor& part : parts) {
    pictures.push_back(part.contiguous(kChannelsLast));
  }
  const bool two = pictures.size() == 2 && pictures[0].size(1) % 64 == 0 &&
                   pictures[1].size(1) % 8 == 0 && aligned(pictures[0]) && aligned(pictures[1]);
  if (pictures.size() == 1 || two) {
    return pictures;
  }
  return {at::cat(pictures, 1).contiguous(kChannelsLast)};
}

at::Tensor float_vector(const at::Tensor& x) {
  return x.defined() ? x.to(at::kFloat).contiguous() : x;
}

template <typename T>
const T* pointer(const at::Tensor& x) {
  return x.defined() ? static_cast<const T*>(x.data_ptr()) : nullptr;
}

/// Fills in what both kinds of product have in common, and runs it.
bool run_product(MatrixProblem& p,
                 const std::vector<at::Tensor>& parts,
                 const Layer& layer,
                 const Finish& finish,
                 const at::Tensor& out) {
  const at::Tensor& first = parts.front();
  const at::Tensor bias = float_vector(layer.bias);
  const at::Tensor image_bias = float_vector(finish.image_bias);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    p.parts[i] = parts[i].data_ptr();
  }
  p.weight = layer.weight.data_ptr();
  p.columns = static_cast<int>(layer.weight.size(0));
  p.bias = pointer<float>(bias);
  p.image_bias = pointer<float>(image_bias);
  p.image_bias_step = image_bias.defined() && image_bias.size(0) > 1 ? p.columns : 0;
  p.residual = pointer<void>(finish.residual);
  p.out = out.data_ptr();
  p.out_float = out.scalar_type() == at::kFloat;
  const bool narrow = parts.size() == 1 && p.channels() < kNarrowChannels && p.doubled == 0 &&
                      p.residual == nullptr && p.image_bias == nullptr;
  if (!small_enough(std::int64_t{p.rows()} * p.partial_pitch())) {
    return false;
  }
  if (narrow) {
    const Number number = first.scalar_type() == at::kFloat  ? Number::Float32
                          : first.scalar_type() == at::kHalf ? Number::Float16
                                                             : Number::Bfloat16;
    run_narrow_convolution(p, number, stream_of(first));
    return true;
  }
  if (first.scalar_type() == at::kFloat || p.channels() % 8 != 0 ||
      !std::all_of(parts.begin(), parts.end(), aligned) || !aligned(layer.weight) ||
      !aligned(finish.residual) || !aligned(out) || !aligned(bias) || !aligned(image_bias)) {
    return false;
  }
  p.segments = matrix_segments(p);
  p.split =
      matrix_splits(p, at::cuda::getDeviceProperties(first.get_device())->multiProcessorCount);
  at::Tensor partial;
  if (p.split) {
    partial =
        at::empty({p.segments, p.rows(), p.partial_pitch()}, first.options().dtype(at::kFloat));
    p.partial = partial.data_ptr<float>();
  }
  run_matrix(p, element_of(first), stream_of(first));
  return true;
}

}  // namespace

bool built() { return true; }
bool available() { return used; }
void set_available(bool yes) { used = yes; }

bool fits(const at::Tensor& x) {
  return used && x.is_cuda() &&
         (x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16) &&
         at::cuda::getDeviceProperties(x.get_device())->major >= kOldestCapability;
}

at::Tensor convolve(at::TensorList parts, const Layer& layer, const Finish& finish, bool doubled) {
  const std::vector<at::Tensor> pictures = readable_parts(parts);
  const at::Tensor& first = pictures.front();
  const c10::cuda::CUDAGuard guard(first.device());
  MatrixProblem p;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    p.part_channels[i] = static_cast<int>(pictures[i].size(1));
  }
  p.kernel = static_cast<int>(layer.kernel);
  p.stride = static_cast<int>(layer.stride);
  p.pad = static_cast<int>(layer.pad_before);
  p.images = static_cast<int>(first.size(0));
  p.height = static_cast<int>(first.size(2));
  p.width = static_cast<int>(first.size(3));
  p.doubled = doubled ? 1 : 0;
  const auto side = [&](std::int64_t in) {
    return (in * (doubled ? 2 : 1) + layer.pad_before + layer.pad_after - layer.kernel) /
               layer.stride +
           1;
  };
  p.out_height = static_cast<int>(side(first.size(2)));
  p.out_width = static_cast<int>(side(first.size(3)));
  const std::int64_t rows = first.size(0) * p.out_height * p.out_width;
  if (!small_enough(rows) || !small_enough(first.numel() / first.size(1))) {
    return {};
  }
  const auto type = finish.float32 ? at::kFloat : first.scalar_type();
  const at::Tensor out = at::empty({first.size(0), layer.weight.size(0), p.out_height, p.out_width},
                                   first.options().dtype(type).memory_format(kChannelsLast));
  Finish readable = finish;
  if (finish.residual.defined()) {
    readable.residual = finish.residual.contiguous(kChannelsLast);
  }
  return run_product(p, pictures, layer, readable, out) ? out : at::Tensor();
}

at::Tensor multiply(at::TensorList parts, const Layer& layer, const Finish& finish) {
  std::vector<at::Tensor> rows;
  for (const at::Tensor& part : parts) {
    rows.push_back(part.contiguous());
  }
  const bool two = rows.size() == 2 && rows[0].size(2) % 64 == 0 && rows[1].size(2) % 8 == 0;
  if (rows.size() > 1 && !two) {
    rows = {at::cat(rows, 2)};
  }
  const at::Tensor& first = rows.front();
  const c10::cuda::CUDAGuard guard(first.device());
  MatrixProblem p;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    p.part_channels[i] = static_cast<int>(rows[i].size(2));
  }
  p.images = static_cast<int>(first.size(0));
  p.width = p.out_width = static_cast<int>(first.size(1));
  if (!small_enough(first.size(0) * first.size(1))) {
    return {};
  }
  const auto type = finish.float32 ? at::kFloat : first.scalar_type();
  const at::Tensor out =
      at::empty({first.size(0), first.size(1), layer.weight.size(0)}, first.options().dtype(type));
  Finish readable = finish;
  if (finish.residual.defined()) {
    readable.residual = finish.residual.contiguous();
  }
  return run_product(p, rows, layer, readable, out) ? out : at::Tensor();
}

at::Tensor multiply_gated(const at::Tensor& x, const Layer& layer) {
  const at::Tensor rows = x.contiguous();
  const c10::cuda::CUDAGuard guard(rows.device());
  const std::int64_t columns = layer.weight.size(0);
  if (rows.size(2) % 8 != 0 || !small_enough(rows.size(0) * rows.size(1) * columns) ||
      !aligned(rows) || !aligned(layer.weight)) {
    return {};
  }
  const at::Tensor bias = float_vector(layer.bias);
  if (!aligned(bias)) {
    return {};
  }
  const at::Tensor out = at::empty({rows.size(0), rows.size(1), columns / 2}, rows.options());
  MatrixProblem p;
  p.parts[0] = rows.data_ptr();
  p.part_channels[0] = static_cast<int>(rows.size(2));
  p.weight = layer.weight.data_ptr();
  p.images = static_cast<int>(rows.size(0));
  p.width = p.out_width = static_cast<int>(rows.size(1));
  p.columns = static_cast<int>(columns);
  p.bias = pointer<float>(bias);
  p.out = out.data_ptr();
  p.segments = matrix_segments(p);
  return run_gated_matrix(p, element_of(rows), stream_of(rows)) ? out : at::Tensor();
}

at::Tensor group_norm(at::TensorList parts,
                      std::int64_t groups,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps,
                      bool silu) {
  const std::vector<at::Tensor> pictures = readable_parts(parts);
  const at::Tensor& first = pictures.front();
  const c10::cuda::CUDAGuard guard(first.device());
  GroupNormProblem p;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    p.parts[i] = pictures[i].data_ptr();
    p.part_channels[i] = static_cast<int>(pictures[i].size(1));
  }
  p.images = static_cast<int>(first.size(0));
  p.pixels = static_cast<int>(first.size(2) * first.size(3));
  p.groups = static_cast<int>(groups);
  if (p.channels() % 8 != 0 || !std::all_of(pictures.begin(), pictures.end(), aligned) ||
      !group_norm_fits(p)) {
    return {};
  }
  const at::Tensor weights = float_vector(weight);
  const at::Tensor biases = float_vector(bias);
  p.weight = weights.data_ptr<float>();
  p.bias = biases.data_ptr<float>();
  p.eps = static_cast<float>(eps);
  p.silu = silu;
  const at::Tensor sums = at::empty({p.images, group_norm_chunks(p.pixels), groups, 2},
                                    first.options().dtype(at::kFloat));
  p.sums = sums.data_ptr<float>();
  at::Tensor out = at::empty({first.size(0), p.channels(), first.size(2), first.size(3)},
                             first.options().memory_format(kChannelsLast));
  p.out = out.data_ptr();
  run_group_norm(p, element_of(first), stream_of(first));
  return out;
}

at::Tensor layer_norm(const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps) {
  const at::Tensor rows = x.contiguous();
  const std::int64_t width = rows.size(-1);
  if (width % 8 != 0 || width > kWidestRow || !aligned(rows) ||
      !small_enough(rows.numel() / width)) {
    return {};
  }
  const c10::cuda::CUDAGuard guard(rows.device());
  at::Tensor out = at::empty_like(rows);
  const at::Tensor weights = float_vector(weight);
  const at::Tensor biases = float_vector(bias);
  if (!aligned(weights) || !aligned(biases)) {
    return {};
  }
  LayerNormProblem p;
  p.x = rows.data_ptr();
  p.out = out.data_ptr();
  p.weight = weights.data_ptr<float>();
  p.bias = biases.data_ptr<float>();
  p.eps = static_cast<float>(eps);
  p.rows = static_cast<int>(rows.numel() / width);
  p.width = static_cast<int>(width);
  run_layer_norm(p, element_of(rows), stream_of(rows));
  return out;
}

at::Tensor geglu(const at::Tensor& x) {
  const at::Tensor rows = x.contiguous();
  const std::int64_t width = rows.size(-1) / 2;
  if (width % 8 != 0 || !aligned(rows) || !small_enough(rows.numel())) {
    return {};
  }
  const c10::cuda::CUDAGuard guard(rows.device());
  std::vector<std::int64_t> sizes = rows.sizes().vec();
  sizes.back() = width;
  at::Tensor out = at::empty(sizes, rows.options());
  run_geglu(rows.data_ptr(), out.data_ptr(), static_cast<int>(rows.numel() / (2 * width)),
            static_cast<int>(width), element_of(rows), stream_of(rows));
  return out;
}

at::Tensor attention(const at::Tensor& queries,
                     const std::vector<at::Tensor>& keys,
                     const std::vector<at::Tensor>& values,
                     std::int64_t heads,
                     bool causal) {
  const at::Tensor q = queries.contiguous();
  const std::int64_t head = q.size(2) / heads;
  if (head % 8 != 0 || head > kWidestHead || !aligned(q) || !small_enough(q.size(0) * q.size(1))) {
    return {};
  }
  const c10::cuda::CUDAGuard guard(q.device());
  at::Tensor out = at::empty_like(q);
  std::vector<at::Tensor> kept;  // until the kernels are on their way
  for (std::int64_t begin = 0; begin < q.size(0); begin += kImagesPerCall) {
    const std::int64_t count = std::min<std::int64_t>(kImagesPerCall, q.size(0) - begin);
    AttentionProblem p;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto image = static_cast<std::size_t>(begin + i);
      const at::Tensor image_keys = keys[image].contiguous();
      const at::Tensor image_values = values[image].contiguous();
      if (!aligned(image_keys) || !aligned(image_values)) {
        return {};
      }
      p.keys[i] = image_keys.data_ptr();
      p.values[i] = image_values.data_ptr();
      p.key_rows[i] = static_cast<int>(image_keys.size(0));
      kept.insert(kept.end(), {image_keys, image_values});
    }
    const std::int64_t first = begin * q.size(1) * q.size(2) * q.element_size();
    p.queries = static_cast<const char*>(q.data_ptr()) + first;
    p.out = static_cast<char*>(out.data_ptr()) + first;
    p.images = static_cast<int>(count);
    p.query_rows = static_cast<int>(q.size(1));
    p.heads = static_cast<int>(heads);
    p.head = static_cast<int>(head);
    p.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(head)));
    p.causal = causal;
    run_attention(p, element_of(q), stream_of(q));
  }
  return out;
}

}  // namespace ptravel::cuda
