#include "tensor/attention_cpu.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

/// The keys of a head are differentiated in this many parts at most, in parallel; their shares of
/// the queries' gradient are added up in order.
constexpr std::int64_t kMostParts = 4;
constexpr std::int64_t kBlocksPerPart = 4;

/// Floats of packed operands at a time, where several images are computed together: 16 MiB.
constexpr std::int64_t kPackedFloats = std::int64_t{1} << 22;

std::int64_t blocks_of(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

/// Contiguous within a token, which is all that the kernels ask for.
at::Tensor with_dense_tokens(const at::Tensor& x) { return x.stride(2) == 1 ? x : x.contiguous(); }

/// Where an image of [N, ...] begins.
void* of_image(const at::Tensor& x, std::int64_t image) {
  return static_cast<char*>(x.data_ptr()) + image * x.stride(0) * x.element_size();
}

/// Where a head of float32 [N, heads, ...] begins.
float* floats_of(const at::Tensor& x, std::int64_t image, std::int64_t head) {
  return x.data_ptr<float>() + image * x.stride(0) + head * x.stride(1);
}

/// The shape of one image's attention to `key_rows` keys. Strides of keys and values are set by
/// `with_keys`, where those are still to be read.
cpu::AttentionShape shape_of(const at::Tensor& queries,
                             std::int64_t key_rows,
                             std::int64_t heads,
                             AttentionMask mask) {
  cpu::AttentionShape shape;
  shape.heads = heads;
  shape.head_dim = queries.size(2) / heads;
  shape.query_rows = queries.size(1);
  shape.key_rows = key_rows;
  shape.query_stride = queries.stride(1);
  shape.out_stride = queries.size(2);
  shape.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.head_dim)));
  shape.causal = mask == AttentionMask::Causal;
  return shape;
}

cpu::AttentionShape with_keys(cpu::AttentionShape shape,
                              const at::Tensor& keys,
                              const at::Tensor& values) {
  shape.key_stride = keys.stride(-2);
  shape.value_stride = values.stride(-2);
  return shape;
}

/// As many images as are computed together, so that small ones keep all threads busy while the
/// packed operands of large ones stay small.
std::int64_t images_at_once(std::int64_t images, std::int64_t floats_per_image) {
  return std::max<std::int64_t>(1, std::min(kPackedFloats / floats_per_image, images));
}

/// Calls body(image, head, item) for all of them, on all threads; `body` comes from make_body(),
/// which runs once for each range of tasks and may hold memory for it.
template <typename MakeBody>
void for_heads(std::int64_t images,
               std::int64_t heads,
               std::int64_t items,
               const MakeBody& make_body) {
  cpu::parallel_ranges(images * heads * items, 1, [&](std::int64_t begin, std::int64_t end) {
    auto body = make_body();
    for (std::int64_t task = begin; task < end; ++task) {
      body(task / items / heads, task / items % heads, task % items);
    }
  });
}

/// Lays out the keys and values [N, Tk, heads * head_dim] of every head in `packed` [N, heads,
/// floats].
void pack_images(const cpu::AttentionShape& shape,
                 const at::Tensor& keys,
                 const at::Tensor& values,
                 const at::Tensor& packed) {
  const cpu::Kernels& kernels = cpu::kernels();
  const auto element = element_of(keys);
  for_heads(keys.size(0), shape.heads, blocks_of(shape.key_rows, cpu::kKeyBlock), [&] {
    return [&](std::int64_t image, std::int64_t head, std::int64_t block) {
      kernels.pack_keys_values(element, shape, of_image(keys, image), of_image(values, image), head,
                               block * cpu::kKeyBlock, floats_of(packed, image, head));
    };
  });
}

/// Some images whose keys and values are laid out: blocks of queries run.
void attend_images(const cpu::AttentionShape& shape,
                   const at::Tensor& queries,
                   const at::Tensor& packed,
                   const at::Tensor& out,
                   const at::Tensor& logsums) {
  const cpu::Kernels& kernels = cpu::kernels();
  const auto element = element_of(queries);
  for_heads(queries.size(0), shape.heads, blocks_of(shape.query_rows, cpu::kQueryBlock), [&] {
    std::vector<float> scratch(
        static_cast<std::size_t>(kernels.attention_scratch_size(element, shape)));
    return [&, scratch = std::move(scratch)](std::int64_t image, std::int64_t head,
                                             std::int64_t block) mutable {
      kernels.attention_rows(element, shape, of_image(queries, image),
                             floats_of(packed, image, head), head, block * cpu::kQueryBlock,
                             scratch.data(), of_image(out, image),
                             logsums.defined() ? floats_of(logsums, image, 0) : nullptr);
    };
  });
}

/// What backward works on; all [N, tokens, heads * head_dim], logsums [N, heads, Tq].
struct Operands {
  at::Tensor queries, keys, values, out, grad, logsums;

  Operands images(std::int64_t first, std::int64_t count) const {
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, first, count); };
    return {part(queries), part(keys), part(values), part(out), part(grad), part(logsums)};
  }
  cpu::AttentionOperands of(std::int64_t image) const {
    return {of_image(queries, image), of_image(keys, image), of_image(values, image),
            of_image(out, image),     of_image(grad, image), floats_of(logsums, image, 0)};
  }
};

/// Some images' gradients with respect to queries, keys and values; the last two are written to
/// `keys` and `values`.
at::Tensor image_gradients(const cpu::AttentionShape& shape,
                           const Operands& in,
                           const at::Tensor& keys,
                           const at::Tensor& values) {
  const cpu::Kernels& kernels = cpu::kernels();
  const auto element = element_of(in.queries);
  const auto sizes = kernels.attention_gradient_sizes(element, shape);
  const std::int64_t images = in.queries.size(0);
  const at::Tensor packed = at::empty({images, shape.heads, sizes.packed}, at::kFloat);
  for_heads(images, shape.heads, 1, [&] {
    return [&](std::int64_t image, std::int64_t head, std::int64_t) {
      kernels.pack_attention_gradient(element, shape, in.of(image), head,
                                      floats_of(packed, image, head));
    };
  });
  const std::int64_t blocks = blocks_of(shape.key_rows, cpu::kGradientKeys);
  const std::int64_t parts = std::clamp<std::int64_t>(blocks / kBlocksPerPart, 1, kMostParts);
  const at::Tensor shares =
      at::empty({images, shape.heads, parts, sizes.query_rows, sizes.query_width}, at::kFloat);
  for_heads(images, shape.heads, parts, [&] {
    std::vector<float> scratch(static_cast<std::size_t>(sizes.scratch));
    return [&, scratch = std::move(scratch)](std::int64_t image, std::int64_t head,
                                             std::int64_t part) mutable {
      kernels.attention_gradient_keys(element, shape, floats_of(packed, image, head),
                                      {head, blocks * part / parts, blocks * (part + 1) / parts},
                                      scratch.data(),
                                      {floats_of(shares, image, head) + part * shares.stride(2),
                                       of_image(keys, image), of_image(values, image)});
    };
  });
  const at::Tensor sums = parts == 1 ? shares.select(2, 0) : shares.sum(2);
  return sums.narrow(2, 0, shape.query_rows)
      .narrow(3, 0, shape.head_dim)
      .transpose(1, 2)
      .flatten(2, 3);
}

/// Keeps the result and the queries' logarithms of sums, with which backward computes
/// probabilities again block by block.
struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& q,
                            const at::Tensor& k,
                            const at::Tensor& v,
                            std::int64_t heads,
                            bool causal) {
    const at::Tensor logsums = at::empty({q.size(0), heads, q.size(1)}, at::kFloat);
    const at::Tensor out = attention_on_cpu(
        q, k, v, heads, causal ? AttentionMask::Causal : AttentionMask::None, logsums);
    context->save_for_backward({q, k, v, out, logsums});
    context->saved_data["causal"] = causal;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor grad = grads[0].to(saved[0].scalar_type()).contiguous();
    const Operands all{with_dense_tokens(saved[0]),
                       with_dense_tokens(saved[1]),
                       with_dense_tokens(saved[2]),
                       saved[3],
                       grad,
                       saved[4]};
    const auto mask =
        context->saved_data["causal"].toBool() ? AttentionMask::Causal : AttentionMask::None;
    const std::int64_t heads = all.logsums.size(1);
    const auto shape =
        with_keys(shape_of(all.queries, all.keys.size(1), heads, mask), all.keys, all.values);
    const auto sizes = cpu::kernels().attention_gradient_sizes(element_of(grad), shape);
    torch::autograd::variable_list result = {at::empty(all.queries.sizes(), grad.options()),
                                             at::empty(all.keys.sizes(), grad.options()),
                                             at::empty(all.values.sizes(), grad.options())};
    const std::int64_t images = grad.size(0);
    const std::int64_t together = images_at_once(images, heads * sizes.packed);
    for (std::int64_t first = 0; first < images; first += together) {
      const std::int64_t count = std::min(together, images - first);
      const auto part = [&](const at::Tensor& x) { return x.narrow(0, first, count); };
      part(result[0]).copy_(
          image_gradients(shape, all.images(first, count), part(result[1]), part(result[2])));
    }
    result.resize(5);
    return result;
  }
};

}  // namespace

at::Tensor attention_on_cpu(const at::Tensor& q,
                            const at::Tensor& k,
                            const at::Tensor& v,
                            std::int64_t heads,
                            AttentionMask mask,
                            const at::Tensor& logsums) {
  const at::Tensor queries = with_dense_tokens(q);
  const at::Tensor keys = with_dense_tokens(k);
  const at::Tensor values = with_dense_tokens(v);
  const auto element = element_of(queries);
  const auto shape = with_keys(shape_of(queries, keys.size(1), heads, mask), keys, values);
  const at::Tensor out = at::empty(queries.sizes(), queries.options());
  const std::int64_t head_floats = cpu::kernels().attention_packed_size(element, shape);
  const std::int64_t images = queries.size(0);
  const std::int64_t together = images_at_once(images, heads * head_floats);
  const at::Tensor packed = at::empty({together, heads, head_floats}, at::kFloat);
  for (std::int64_t first = 0; first < images; first += together) {
    const std::int64_t count = std::min(together, images - first);
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, first, count); };
    pack_images(shape, part(keys), part(values), packed);
    attend_images(shape, part(queries), packed, part(out),
                  logsums.defined() ? part(logsums) : logsums);
  }
  return out;
}

at::Tensor pack_keys_values(const at::Tensor& keys, const at::Tensor& values, std::int64_t heads) {
  const at::Tensor k = with_dense_tokens(keys.unsqueeze(0));
  const at::Tensor v = with_dense_tokens(values.unsqueeze(0));
  // The layout does not depend on the queries: any will do.
  const auto shape = with_keys(shape_of(k, keys.size(0), heads, AttentionMask::None), k, v);
  const at::Tensor packed = at::empty(
      {1, heads, cpu::kernels().attention_packed_size(element_of(keys), shape)}, at::kFloat);
  pack_images(shape, k, v, packed);
  return packed[0];
}

at::Tensor attention_on_cpu(const at::Tensor& q, const std::vector<const KeysValues*>& images) {
  const at::Tensor queries = with_dense_tokens(q);
  const at::Tensor out = at::empty(queries.sizes(), queries.options());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto part = [&](const at::Tensor& x) {
      return x.narrow(0, static_cast<std::int64_t>(i), 1);
    };
    attend_images(shape_of(queries, images[i]->rows(), images[i]->heads(), AttentionMask::None),
                  part(queries), images[i]->packed().unsqueeze(0), part(out), {});
  }
  return out;
}

at::Tensor differentiable_attention(const at::Tensor& queries,
                                    const at::Tensor& keys,
                                    const at::Tensor& values,
                                    std::int64_t heads,
                                    AttentionMask mask) {
  return AttentionFunction::apply(queries, keys, values, heads, mask == AttentionMask::Causal);
}

}  // namespace ptravel
