#include "tensor/cpu/onednn_call.h"

#include <ATen/ATen.h>

#include "tensor/thread_scope.h"

namespace ptravel::cpu {

using dnnl::memory;
using Description = memory::desc;
using Tag = memory::format_tag;

Description Call::picture(const at::Tensor& x) {
  return {{1, x.size(1), x.size(2), x.size(3)}, data_type(x.scalar_type()), Tag::nhwc};
}

Description Call::matrix(const at::Tensor& x) {
  return {{x.size(1), x.size(2)}, data_type(x.scalar_type()), Tag::ab};
}

Description Call::bias_layout(const memory::dims& sizes, Tag format) const {
  return bias.defined() ? Description(sizes, memory::data_type::f32, format) : Description();
}

Key key_of(const Call& call) {
  return {call.direction,    call.x.size(-2),   call.x.size(-1),
          call.out.size(-2), call.out.size(-1), data_type(call.out.scalar_type()),
          call.addend,       call.border,       call.bias.defined(),
          threads_here()};
}

std::optional<int> AgreedThreads::find(const Shape& shape, const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = threads_.find({shape, key});
  return found == threads_.end() ? std::nullopt : std::optional(found->second);
}

void AgreedThreads::set(const Shape& shape, const Key& key, int threads) {
  const std::lock_guard lock(mutex_);
  threads_[{shape, key}] = threads;
}

AgreedThreads& agreed_threads() {
  static AgreedThreads agreed;
  return agreed;
}

}  // namespace ptravel::cpu
