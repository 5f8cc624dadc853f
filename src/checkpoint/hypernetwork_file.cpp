// The web UI's hypernetworks: small networks beside the attention layers. What their files leave
// out has the defaults of the versions that wrote them.

#include "checkpoint/hypernetwork_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kMostSteps = 64;
constexpr double kLargestShare = 64;
constexpr std::int64_t kLargestWidth = 65536;

constexpr std::pair<std::string_view, HypernetworkActivation> kActivations[] = {
    {"linear", HypernetworkActivation::None},
    {"relu", HypernetworkActivation::Relu},
    {"leakyrelu", HypernetworkActivation::LeakyRelu},
    {"elu", HypernetworkActivation::Elu},
    {"swish", HypernetworkActivation::Hardswish},
    {"hardswish", HypernetworkActivation::Hardswish},
    {"tanh", HypernetworkActivation::Tanh},
    {"sigmoid", HypernetworkActivation::Sigmoid},
    {"relu6", HypernetworkActivation::Relu6},
    {"hardtanh", HypernetworkActivation::Hardtanh},
    {"hardsigmoid", HypernetworkActivation::Hardsigmoid},
    {"silu", HypernetworkActivation::Silu},
    {"mish", HypernetworkActivation::Mish},
    {"celu", HypernetworkActivation::Celu},
    {"selu", HypernetworkActivation::Selu},
    {"gelu", HypernetworkActivation::Gelu},
    {"hardshrink", HypernetworkActivation::Hardshrink},
    {"logsigmoid", HypernetworkActivation::LogSigmoid},
    {"softplus", HypernetworkActivation::Softplus},
    {"softshrink", HypernetworkActivation::Softshrink},
    {"softsign", HypernetworkActivation::Softsign},
    {"tanhshrink", HypernetworkActivation::Tanhshrink},
    {"rrelu", HypernetworkActivation::Rrelu},
};

/// The plain values of a file, with what is wrong with them.
class Values {
 public:
  Values(const PlainValues& values, std::string file) : values_(values), file_(std::move(file)) {}

  [[noreturn]] void fail(ErrorCode code, const std::string& problem) const {
    throw Error(code, "[hypernetwork] " + file_ + ": " + problem);
  }

  bool flag(const char* name, bool otherwise) const {
    const PlainValue* const value = find(name);
    if (value == nullptr) {
      return otherwise;
    }
    const auto number = number_of(*value);
    if (!number) {
      fail(ErrorCode::Corrupt, std::string(name) + " is a text, expected True or False");
    }
    return *number != 0;
  }

  std::string text(const char* name) const {
    const PlainValue* const value = find(name);
    const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return text == nullptr ? "" : *text;
  }

  /// A list of numbers; empty where there is none.
  std::vector<double> list(const std::string& name) const {
    std::vector<double> numbers;
    while (const PlainValue* const value = find(name + "." + std::to_string(numbers.size()))) {
      const auto number = number_of(*value);
      if (!number || !(*number >= 0 && *number <= kLargestShare) || numbers.size() >= kMostSteps) {
        fail(ErrorCode::Corrupt, name + ": expected at most " + std::to_string(kMostSteps) +
                                     " numbers from 0 to " + number_text(kLargestShare));
      }
      numbers.push_back(*number);
    }
    return numbers;
  }

 private:
  const PlainValue* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }
  static std::optional<double> number_of(const PlainValue& value) {
    if (const auto* const whole = std::get_if<std::int64_t>(&value)) {
      return static_cast<double>(*whole);
    }
    if (const auto* const flag = std::get_if<bool>(&value)) {
      return *flag ? 1 : 0;
    }
    const auto* const number = std::get_if<double>(&value);
    return number == nullptr ? std::nullopt : std::optional(*number);
  }

  const PlainValues& values_;
  std::string file_;
};

HypernetworkActivation activation_of(const Values& values) {
  const std::string name = values.text("activation_func");
  if (name.empty()) {
    return HypernetworkActivation::None;
  }
  for (const auto& [known, activation] : kActivations) {
    if (known == name) {
      return activation;
    }
  }
  values.fail(ErrorCode::Unsupported, "uses an unknown activation function, \"" + name + "\"");
}

std::vector<double> structure_of(const Values& values) {
  std::vector<double> structure = values.list("layer_structure");
  if (structure.empty()) {
    return {1, 2, 1};
  }
  const bool positive = std::ranges::all_of(structure, [](double share) { return share > 0; });
  if (structure.size() < 2 || structure.front() != 1 || structure.back() != 1 || !positive) {
    values.fail(ErrorCode::Corrupt,
                "layer_structure: expected numbers above 0 that begin and end with 1");
  }
  return structure;
}

/// Chances of dropouts: they do nothing here, but those above 0 take an index.
std::vector<double> dropouts_of(const Values& values, std::size_t steps) {
  std::vector<double> dropouts = values.list("dropout_structure");
  if (dropouts.empty()) {
    dropouts.assign(steps, 0);
    if (values.flag("use_dropout", false) && steps >= 3) {
      std::fill(dropouts.begin() + 1, dropouts.end() - 2, 0.3);
      dropouts[steps - 2] = values.flag("last_layer_dropout", false) ? 0.3 : 0;
    }
  }
  if (dropouts.size() != steps) {
    values.fail(ErrorCode::Corrupt, "dropout_structure: expected " + std::to_string(steps) +
                                        " numbers as layer_structure has");
  }
  return dropouts;
}

std::vector<HypernetworkLayer> layers_of(const Values& values, HypernetworkActivation activation) {
  using Kind = HypernetworkLayer::Kind;
  const std::vector<double> structure = structure_of(values);
  const std::vector<double> dropouts = dropouts_of(values, structure.size());
  const bool norms = values.flag("is_layer_norm", false);
  const bool activates_output = values.flag("activate_output", true);
  std::vector<HypernetworkLayer> layers;
  int index = 0;
  for (std::size_t i = 0; i + 1 < structure.size(); ++i) {
    layers.push_back({Kind::Linear, index++, structure[i], structure[i + 1]});
    const bool last = i + 2 == structure.size();
    if (activation != HypernetworkActivation::None && (!last || activates_output)) {
      layers.push_back({Kind::Activation, index++, structure[i + 1], structure[i + 1]});
    }
    if (norms) {
      layers.push_back({Kind::Norm, index++, structure[i + 1], structure[i + 1]});
    }
    index += dropouts[i + 1] > 0 ? 1 : 0;
  }
  return layers;
}

}  // namespace

std::string HypernetworkFile::prefix(std::int64_t width, bool values) {
  return std::to_string(width) + (values ? ".1." : ".0.");
}

HypernetworkFile open_hypernetwork(const std::filesystem::path& path) {
  TensorFile opened = open_tensor_file(path);
  const Values values(opened.values, path.string());
  HypernetworkFile file;
  file.path = path;
  std::set<std::int64_t> widths;
  for (const std::string& name : opened.tensors->names()) {
    const auto width = parse_integer(std::string_view(name).substr(0, name.find('.')));
    if (width && *width >= 1 && *width <= kLargestWidth) {
      widths.insert(*width);
      file.old_names = file.old_names || name.find(".linear1.") != std::string::npos;
    }
  }
  if (widths.empty()) {
    values.fail(ErrorCode::Unsupported, "is no hypernetwork: it has no networks by width");
  }
  file.widths.assign(widths.begin(), widths.end());
  file.activation = activation_of(values);
  file.layers = layers_of(values, file.activation);
  file.tensors = std::move(opened.tensors);
  return file;
}

}  // namespace ptravel
