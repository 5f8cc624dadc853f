// What shapes the parts of each kind need (docs/addons.md). Sizes are compared as doubles: exact up
// to 2^53, and nothing that a file claims can overflow.
#include "checkpoint/lora_shapes.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace ptravel {
namespace {

using Shape = std::vector<std::int64_t>;

/// How many numbers a part may have for each of the weight's: a rank may be larger than a side.
constexpr double kMostForEach = 64;

double product(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), 1.0, [](double all, std::int64_t side) {
    return all * static_cast<double>(side);
  });
}

/// How many numbers each row of a tensor has.
double row(const Shape& shape) { return product({shape.begin() + 1, shape.end()}); }

/// The same of a part that is sane, whose sizes are small.
std::int64_t row_size(const Shape& shape) { return static_cast<std::int64_t>(row(shape)); }

constexpr std::int64_t kLatentChannels = 4;
constexpr std::int64_t kInpaintingChannels = 9;

/// A change for the latent alone of a network that takes a mask and a picture too.
bool is_for_latent_alone(const Shape& weight, const Shape& down) {
  return weight.size() == 4 && weight[1] == kInpaintingChannels && down.size() == 4 &&
         down[1] == kLatentChannels && down[2] == weight[2] && down[3] == weight[3];
}

/// Whether a tensor of shape `from` can stand for one of shape `to` by repeating.
bool repeats_to(const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to) {
  if (from.size() > to.size()) {
    return false;
  }
  const std::size_t more = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != 1 && from[i] != to[more + i]) {
      return false;
    }
  }
  return true;
}

/// Kohya's lengths stand for a weight by repeating; PEFT's are one for each output.
bool dora_fits(LoraNaming naming, bool is_dora, const Shape& lengths, const Shape& weight) {
  if (!is_dora || weight.size() < 2) {
    return !is_dora;
  }
  return naming == LoraNaming::Diffusers ? product(lengths) == static_cast<double>(weight[0])
                                         : repeats_to(lengths, weight);
}

}  // namespace

LoraShapes::LoraShapes(const LoraModule& module, LoraKind kind, TensorShape shape)
    : module_(module), kind_(kind), shape_(std::move(shape)) {}

Shape LoraShapes::shape(std::string_view part) const {
  const auto found = module_.parts.find(part);
  return found == module_.parts.end() ? Shape() : shape_(found->second);
}

double LoraShapes::count(std::string_view part) const {
  return has(part) ? product(shape(part)) : 0;
}

std::optional<std::int64_t> LoraShapes::rank() const {
  const auto first_side = [&](std::string_view part) -> std::optional<std::int64_t> {
    const Shape sides = shape(part);
    return sides.empty() ? std::nullopt : std::optional(sides.front());
  };
  switch (kind_) {
    case LoraKind::LowRank:
      return first_side("lora_down.weight");
    case LoraKind::Hadamard:
      return first_side("hada_w1_b");
    case LoraKind::Kronecker:
      for (const char* part : {"lokr_w2_b", "lokr_w1_b"}) {
        if (has(part)) {
          return first_side(part);
        }
      }
      return std::nullopt;
    case LoraKind::Rotation:
      return first_side(has("oft_blocks") ? "oft_blocks" : "oft_diag");
    default:
      return std::nullopt;
  }
}

/// Whether the parts have as many sides and numbers as parts of such a weight can have.
bool LoraShapes::is_sane(const Shape& weight) const {
  const double numbers = product(weight);
  const auto is_number = [&](const char* part) { return !has(part) || count(part) == 1; };
  return !weight.empty() && weight.size() <= 4 && numbers > 0 && is_number("scale") &&
         is_number("on_input") && is_number("alpha") &&
         std::all_of(module_.parts.begin(), module_.parts.end(), [&](const auto& part) {
           const Shape sides = shape(part.first);
           return sides.size() <= 4 &&
                  std::all_of(sides.begin(), sides.end(),
                              [](std::int64_t side) { return side > 0; }) &&
                  product(sides) <= kMostForEach * std::max(numbers, 64.0);
         });
}

bool LoraShapes::fits(const Shape& weight,
                      std::int64_t bias,
                      const std::function<bool()>& on_input) const {
  if (!is_sane(weight) || (has("bias") && count("bias") != product(weight)) ||
      !dora_fits(module_.naming, has("dora_scale"), shape("dora_scale"), weight)) {
    return false;
  }
  if (changes_bias() &&
      count(kind_ == LoraKind::Full ? "diff_b" : "b_norm") != static_cast<double>(bias)) {
    return false;
  }
  switch (kind_) {
    case LoraKind::LowRank:
      return low_rank_fits(weight);
    case LoraKind::Hadamard:
      return hadamard_fits(weight);
    case LoraKind::Scaling:
      return scaling_fits(weight, on_input());
    case LoraKind::Kronecker:
      return kronecker_fits(weight);
    case LoraKind::Full:
      return count("diff") == product(weight);
    case LoraKind::Norm:
      return count("w_norm") == product(weight);
    case LoraKind::General:
      return general_fits(weight);
    case LoraKind::Rotation:
      return rotation_fits(weight);
  }
  return false;
}

bool LoraShapes::low_rank_fits(const Shape& weight) const {
  const Shape up = shape("lora_up.weight"), down = shape("lora_down.weight");
  if (up.size() < 2 || down.size() < 2 || up[0] != weight[0]) {
    return false;
  }
  if (has("lora_mid.weight")) {
    const Shape mid = shape("lora_mid.weight");
    return mid.size() == 4 && row_size(up) == mid[0] && down[0] == mid[1] &&
           product({up[0], row_size(down), mid[2], mid[3]}) == product(weight);
  }
  return row_size(up) == down[0] &&
         (product({up[0], row_size(down)}) == product(weight) || is_for_latent_alone(weight, down));
}

/// The shape of one of the two factors: a @ b, or with a core the sum over i, j of
/// t[i, j, k, l] b[j, r] a[i, p] as [p, r, k, l].
std::optional<Shape> LoraShapes::hadamard_factor_shape(const std::string& number) const {
  const Shape a = shape("hada_w" + number + "_a"), b = shape("hada_w" + number + "_b");
  if (a.size() < 2 || b.size() < 2) {
    return std::nullopt;
  }
  if (!has("hada_t" + number)) {
    return row_size(a) == b[0] ? std::optional(Shape{a[0], row_size(b)}) : std::nullopt;
  }
  const Shape t = shape("hada_t" + number);
  const bool fits = t.size() == 4 && t[0] == a[0] && t[1] == b[0];
  return fits ? std::optional(Shape{row_size(a), row_size(b), t[2], t[3]}) : std::nullopt;
}

bool LoraShapes::hadamard_fits(const Shape& weight) const {
  const auto first = hadamard_factor_shape("1"), second = hadamard_factor_shape("2");
  return first && second && first->front() == weight[0] && second->front() == weight[0] &&
         product(*first) == product(weight) && product(*second) == product(weight);
}

/// Scales inputs or outputs of a matrix.
bool LoraShapes::scaling_fits(const Shape& weight, bool on_input) const {
  return weight.size() == 2 && count("weight") == static_cast<double>(weight[on_input ? 1 : 0]);
}

/// The shape of one of the two factors: given as it is, as a product, or (the second) with a core.
std::optional<Shape> LoraShapes::kronecker_factor_shape(const std::string& number) const {
  const std::string name = "lokr_w" + number;
  if (has(name)) {
    return shape(name);
  }
  const Shape a = shape(name + "_a"), b = shape(name + "_b");
  if (a.size() != 2 || b.size() != 2) {
    return std::nullopt;
  }
  if (number == "2" && has("lokr_t2")) {
    const Shape t = shape("lokr_t2");
    const bool fits = t.size() == 4 && t[0] == a[0] && t[1] == b[0];
    return fits ? std::optional(Shape{a[1], b[1], t[2], t[3]}) : std::nullopt;
  }
  return a[1] == b[0] ? std::optional(Shape{a[0], b[1]}) : std::nullopt;
}

bool LoraShapes::kronecker_fits(const Shape& weight) const {
  const auto first = kronecker_factor_shape("1"), second = kronecker_factor_shape("2");
  return first && second && first->size() == 2 && (second->size() == 2 || second->size() == 4) &&
         product({(*first)[0], (*second)[0]}) == static_cast<double>(weight[0]) &&
         product(*second) <= product(weight) &&
         product(*first) * product(*second) == product(weight);
}

bool LoraShapes::general_fits(const Shape& weight) const {
  const Shape a1 = shape("a1.weight"), a2 = shape("a2.weight");
  const Shape b1 = shape("b1.weight"), b2 = shape("b2.weight");
  const auto matrix = [](const Shape& side) { return side.size() == 2; };
  return matrix(weight) && matrix(a1) && matrix(a2) && matrix(b1) && matrix(b2) &&
         a2[0] == weight[1] && a2[1] == a1[0] && a1[1] == weight[1] && b2[0] == weight[0] &&
         b2[1] == b1[0] && b1[1] == weight[1];
}

bool LoraShapes::rotation_fits(const Shape& weight) const {
  const std::int64_t out = weight[0];
  if (has("rescale") && count("rescale") != static_cast<double>(out)) {
    return false;
  }
  if (!has("oft_blocks")) {
    const Shape blocks = shape("oft_diag");
    return blocks.size() == 3 && blocks[1] == blocks[2] && blocks[0] * blocks[1] == out;
  }
  const Shape blocks = shape("oft_blocks");
  if (blocks.size() == 3) {
    return blocks[1] == blocks[2] && blocks[0] * blocks[1] == out;
  }
  if (blocks.size() != 4 || blocks[2] != blocks[3] || blocks[1] * blocks[2] != out ||
      blocks[2] % 2 != 0) {
    return false;
  }
  // Each stage of the butterfly reaches twice as far as the one before.
  std::int64_t reach = blocks[2];
  for (std::int64_t stage = 0; stage < blocks[0]; ++stage, reach *= 2) {
    if (reach > out || out % reach != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace ptravel
