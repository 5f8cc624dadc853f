#include "model/weights.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/convert.h"

namespace ptravel {
namespace {

constexpr std::size_t kMaxListed = 20;
// A network that is described larger than its files are is built of nothing up to here; every model
// that fits its description misses none.
constexpr std::int64_t kMostMissing = std::int64_t{1} << 28;

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t side : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(side);
  }
  return text + "]";
}

/// Converting can overflow: a large fp32 or fp64 number has no fp16 counterpart.
bool conversion_may_overflow(at::ScalarType from, at::ScalarType to) {
  return (to == at::kHalf && from != at::kHalf) || (from == at::kDouble && to != at::kDouble);
}

}  // namespace

std::optional<at::Tensor> TensorSource::make(std::string_view,
                                             at::IntArrayRef,
                                             const Compute&) const {
  return std::nullopt;
}

std::vector<SideBranch> TensorSource::side_branches(std::string_view) const { return {}; }
std::int64_t TensorSource::side_numbers(std::string_view) const { return 0; }

struct Weights::Ledger {
  std::string title;
  std::vector<std::string> problems;
  std::set<std::string, std::less<>> used;
  std::int64_t missing = 0;  // numbers that were asked for and could not be given
};

Weights::Weights(std::shared_ptr<const TensorSource> source,
                 std::string prefix,
                 std::string ledger_title)
    : source_(std::move(source)), prefix_(std::move(prefix)), ledger_(std::make_shared<Ledger>()) {
  if (!prefix_.empty() && prefix_.back() != '.') {
    prefix_ += '.';
  }
  ledger_->title = std::move(ledger_title);
}

Weights Weights::at(std::string_view name) const {
  Weights inner = *this;
  inner.prefix_.append(name).append(".");
  return inner;
}

bool Weights::contains(std::string_view name) const {
  return source_->contains(prefix_ + std::string(name));
}

std::optional<std::vector<std::int64_t>> Weights::shape(std::string_view name) const {
  const std::string full = prefix_ + std::string(name);
  if (!source_->contains(full)) {
    return std::nullopt;
  }
  return source_->shape(full);
}

std::optional<at::ScalarType> Weights::dtype(std::string_view name) const {
  const std::string full = prefix_ + std::string(name);
  if (!source_->contains(full)) {
    return std::nullopt;
  }
  return source_->dtype(full);
}

at::Tensor Weights::load(std::string_view name,
                         at::IntArrayRef expected_shape,
                         const Compute& compute) const {
  const std::string full = prefix_ + std::string(name);
  const auto options = at::TensorOptions().device(compute.device).dtype(compute.dtype);
  const auto reject = [&](const std::string& problem) {
    ledger_->problems.push_back(full + ": " + problem);
    ledger_->missing += c10::multiply_integers(expected_shape);
    if (ledger_->missing > kMostMissing) {
      finish();
    }
    return at::zeros({}, options).expand(expected_shape);
  };
  ledger_->used.insert(full);
  if (auto made = source_->make(full, expected_shape, compute)) {
    return *std::move(made);
  }
  if (!source_->contains(full)) {
    return reject("missing, expected " + shape_text(expected_shape));
  }
  const std::vector<std::int64_t> shape = source_->shape(full);
  if (at::IntArrayRef(shape) != expected_shape) {
    return reject("expected " + shape_text(expected_shape) + ", file has " + shape_text(shape));
  }
  const at::Tensor stored = source_->tensor(full);
  const Converted converted = convert_numbers(stored, compute.dtype);
  if (!converted.finite) {
    return reject("holds numbers that are not finite (NaN or infinity)");
  }
  at::Tensor loaded = converted.numbers.to(compute.device);
  if (conversion_may_overflow(stored.scalar_type(), compute.dtype) &&
      !loaded.isfinite().all().item<bool>()) {
    return reject("holds numbers too large for the chosen precision");
  }
  return loaded;
}

void Weights::ignore(std::string_view name) const {
  ledger_->used.insert(prefix_ + std::string(name));
}

void Weights::finish() const {
  std::vector<std::string> problems = ledger_->problems;
  for (const std::string& name : source_->names()) {
    if (name.starts_with(prefix_) && !ledger_->used.contains(name)) {
      problems.push_back(name + ": not used, " + shape_text(source_->shape(name)));
    }
  }
  if (problems.empty()) {
    return;
  }
  std::string message = "[" + ledger_->title + "] the weights do not fit the network: ";
  for (std::size_t i = 0; i < std::min(problems.size(), kMaxListed); ++i) {
    message += (i == 0 ? "" : "; ") + problems[i];
  }
  if (problems.size() > kMaxListed) {
    message += "; and " + std::to_string(problems.size() - kMaxListed) + " more";
  }
  throw Error(ErrorCode::Corrupt, message);
}

}  // namespace ptravel
