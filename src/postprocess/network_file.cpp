#include "postprocess/network_file.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "checkpoint/tensor_file.h"
#include "model/tensor_sources.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMostSide = 4096;
constexpr std::size_t kMostExamples = 3;
constexpr std::size_t kMostNameBytes = 60;
constexpr int kMostWrappers = 4;

constexpr std::string_view kWrappers[] = {"params_ema.", "params.", "state_dict."};

/// The tensors that `wanted` gives a name to.
template <typename Wanted>
std::shared_ptr<const StoredTensors> selected(const std::shared_ptr<const StoredTensors>& all,
                                              const Wanted& wanted) {
  auto result = std::make_shared<RenamedTensors>();
  for (const std::string& name : all->names()) {
    if (const std::optional<std::string> renamed = wanted(name)) {
      result->add(*renamed, all, name);
    }
  }
  return result;
}

bool any_begins_with(const std::vector<std::string>& names, std::string_view prefix) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

bool all_begin_with(const std::vector<std::string>& names, std::string_view prefix) {
  return !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.starts_with(prefix);
  });
}

/// A file's tensors as shapes: those that are as a layer wants them are made without memory, the
/// others are left to Weights, which reports them.
class ShapesOnly : public FileTensors {
 public:
  using FileTensors::FileTensors;
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef wanted,
                                 const Compute& compute) const override {
    if (!contains(name) || at::IntArrayRef(shape(name)) != wanted) {
      return std::nullopt;
    }
    return at::empty(wanted, at::TensorOptions(compute.device).dtype(compute.dtype));
  }
};

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t side : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(side);
  }
  return text + "]";
}

NetworkFile NetworkFile::open(const std::filesystem::path& path) {
  return {open_tensor_file(path).tensors, path.string()};
}

NetworkFile::NetworkFile(std::shared_ptr<const StoredTensors> tensors, std::string name)
    : tensors_(std::move(tensors)), name_(std::move(name)) {}

NetworkFile NetworkFile::unwrapped() const {
  NetworkFile file = *this;
  for (int layer = 0; layer < kMostWrappers; ++layer) {
    const std::vector<std::string> names = file.tensors_->names();
    const auto* wrapper =
        std::find_if(std::begin(kWrappers), std::end(kWrappers),
                     [&](std::string_view prefix) { return any_begins_with(names, prefix); });
    if (wrapper != std::end(kWrappers)) {
      file = file.below(*wrapper);
    } else if (all_begin_with(names, "module.")) {
      file = file.below("module.");
    } else {
      break;
    }
  }
  return file;
}

NetworkFile NetworkFile::below(std::string_view prefix) const {
  const auto inner = [&](const std::string& name) {
    return name.starts_with(prefix) ? std::optional(name.substr(prefix.size())) : std::nullopt;
  };
  return {selected(tensors_, inner), name_};
}

NetworkFile NetworkFile::without(const std::vector<std::string_view>& prefixes) const {
  const auto kept = [&](const std::string& name) {
    const bool dropped =
        std::any_of(prefixes.begin(), prefixes.end(),
                    [&](std::string_view prefix) { return name.starts_with(prefix); });
    return dropped ? std::nullopt : std::optional(name);
  };
  return {selected(tensors_, kept), name_};
}

std::vector<std::int64_t> NetworkFile::shape(const std::string& tensor,
                                             std::size_t dimensions) const {
  if (!contains(tensor)) {
    fail(ErrorCode::Corrupt, tensor + " is missing");
  }
  const std::vector<std::int64_t> sides = tensors_->shape(tensor);
  const bool usable = sides.size() == dimensions &&
                      std::all_of(sides.begin(), sides.end(),
                                  [](std::int64_t side) { return side >= 1 && side <= kMostSide; });
  if (!usable) {
    fail(ErrorCode::Corrupt, tensor + " is " + shape_text(sides) + ", expected " +
                                 std::to_string(dimensions) + " dimensions from 1 to " +
                                 std::to_string(kMostSide));
  }
  return sides;
}

void NetworkFile::fail(ErrorCode code, const std::string& problem) const {
  throw Error(code, "[network] " + name_ + ": " + problem);
}

std::string NetworkFile::examples() const {
  const std::vector<std::string> names = tensors_->names();
  if (names.empty()) {
    return "no tensors";
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostExamples); ++i) {
    text += (i > 0 ? ", " : "") + names[i].substr(0, kMostNameBytes);
  }
  return text + (names.size() > kMostExamples ? ", ..." : "");
}

Weights NetworkFile::weights() const {
  return {std::make_shared<FileTensors>(tensors_), "", "network " + name_};
}

Weights NetworkFile::shapes() const {
  return {std::make_shared<ShapesOnly>(tensors_), "", "network " + name_};
}

}  // namespace ptravel
