#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <ATen/ATen.h>

#include "checkpoint/key_map.h"
#include "checkpoint/model_files.h"
#include "model/clip.h"
#include "model/unet.h"
#include "model/vae.h"
#include "tensor/compute.h"
#include "tests/golden/networks.h"

namespace ptravel::golden {
namespace {

/// |actual - expected| <= absolute + relative * |expected|.
struct Tolerance {
  double absolute;
  double relative;
};

/// What is allowed in one number format. The fp32 numbers are the golden set's own. The bf16 ones
/// are about three times what was measured on its tiny networks, most of whose values lie between
/// -3 and 3 (the means of the latents reach 8): bf16 has 8 significant bits. fp16 has 11, so its
/// rounding is an eighth; its numbers are about three times what LibTorch's own operators gave. The
/// text encoder is fp32 on a CPU and on CUDA, always.
struct Tolerances {
  Tolerance text;
  Tolerance eps;
  Tolerance unet_block;
  Tolerance unet_deep;  ///< Of the middle block's transformers and what comes behind them.
  Tolerance moments;
  Tolerance image;
  Tolerance vae_block;
  int level;            ///< Of an 8-bit picture; values may differ by so much.
  double other_levels;  ///< Fraction of the values that may differ at all.
};

//                             text       eps           unet_block    unet_deep     moments
//                             image      vae_block     level
constexpr Tolerances kFp32 = {
    {2e-5, 0}, {1e-4, 1e-4}, {1e-4, 1e-4}, {1e-4, 1e-4}, {1e-4, 0}, {1e-4, 0}, {1e-4, 0}, 1, 0.01};
constexpr Tolerances kFp32Wave2 = {
    {2e-5, 0}, {2e-4, 2e-4}, {2e-4, 2e-4}, {2e-4, 2e-4}, {1e-4, 0}, {1e-4, 0}, {1e-4, 0}, 1, 0.01};
constexpr Tolerances kBf16 = {{2e-5, 0}, {3e-2, 1e-2}, {5e-1, 5e-2}, {5e-1, 5e-2}, {6e-1, 0},
                              {1e-1, 0}, {4e-1, 0},    13,           1.0};
// tiny_sdxl has two transformer blocks where its pictures are smallest, behind group norms of a few
// numbers a group, which magnify rounding: 0.78 was measured there, and 0.17 before.
constexpr Tolerances kBf16Wave2 = {{2e-5, 0}, {3e-2, 1e-2}, {5e-1, 5e-2}, {2.0, 5e-2}, {6e-1, 0},
                                   {1e-1, 0}, {4e-1, 0},    13,           1.0};
constexpr Tolerances kFp16 = {
    {2e-5, 0}, {5e-3, 2e-3}, {8e-2, 2e-2}, {8e-2, 2e-2}, {1e-1, 0}, {1.5e-2, 0}, {5e-2, 0}, 3, 0.7};
constexpr Tolerances kFp16Wave2 = {
    {2e-5, 0}, {5e-3, 2e-3}, {8e-2, 2e-2}, {2e-1, 2e-2}, {1e-1, 0}, {1.5e-2, 0}, {5e-2, 0}, 3, 0.7};

bool is_deep(const std::string& block) {
  return block.starts_with("output_blocks") ||
         (block.starts_with("middle_block") && !block.starts_with("middle_block.0"));
}

const Tolerances& tolerances_of(const std::string& set, at::ScalarType dtype) {
  const bool first = set == "tiny_sd1/";
  switch (dtype) {
    case at::kBFloat16:
      return first ? kBf16 : kBf16Wave2;
    case at::kHalf:
      return first ? kFp16 : kFp16Wave2;
    default:
      return first ? kFp32 : kFp32Wave2;
  }
}

/// How blocks of the first spatial transformer block are called in tiny_sd1, and in later sets.
std::string name_of_today(const std::string& name) {
  constexpr std::string_view kOldNames[] = {"norm1", "attn1", "norm2", "attn2", "norm3", "ff"};
  const std::size_t slash = name.rfind('/');
  const std::string inner = name.substr(slash + 1);
  const std::string front = name.substr(0, slash + 1) + "transformer_blocks.0";
  if (inner == "transformer_block") {
    return front;
  }
  const bool old = std::ranges::find(kOldNames, inner) != std::end(kOldNames);
  return old ? front + "." + inner : name;
}

/// A picture as the tokens that `like` has, where that is what differs.
at::Tensor shaped_like(const at::Tensor& value, const at::Tensor& like) {
  return value.dim() == 4 && like.dim() == 3 ? value.flatten(2).transpose(1, 2) : value;
}

class NetworkChecks {
 public:
  /// `model`: the set's, or a variant of it.
  NetworkChecks(const Context& context, Report& report, const std::filesystem::path& model)
      : folder_(context.folder),
        set_(folder_.filename().string() + "/"),
        compute_(resolve_compute(context.device, context.precision)),
        tolerances_(tolerances_of(set_, compute_.dtype)),
        report_(report),
        model_(open_model(model)) {}

  void text();
  /// The cases of one variant of the set's model; "" = those without one, and the blocks.
  void unet(const std::string& variant);
  void vae();

 private:
  /// The first parts of the names "part/rest" that have the tensor `rest`.
  static std::set<std::string> parts_with(const FileTensors& file, const std::string& rest);
  void close(const std::string& name,
             const at::Tensor& actual,
             const at::Tensor& expected,
             Tolerance tolerance) {
    report_.close(set_ + name, actual, expected, tolerance.absolute, tolerance.relative);
  }
  /// An observer that compares every output that `file` has below `prefix`, and ticks it off in
  /// `left`.
  BlockObserver comparing(const FileTensors& file,
                          const std::string& prefix,
                          const std::string& title,
                          Tolerance tolerance,
                          std::set<std::string>& left);
  /// The operands of a case, where the network is.
  UnetInputs inputs_of(const FileTensors& file, const std::string& part) const;
  void unet_blocks(const Unet& unet, const FileTensors& file, const std::string& part);
  void vae_blocks(const Vae& vae, const FileTensors& file, const std::string& part);
  void decoded(const std::string& name, const at::Tensor& image, const FileTensors& file);

  std::filesystem::path folder_;
  std::string set_;
  Compute compute_;
  Tolerances tolerances_;
  Report& report_;
  ModelFiles model_;
};

std::set<std::string> NetworkChecks::parts_with(const FileTensors& file, const std::string& rest) {
  std::set<std::string> parts;
  for (const std::string& name : file.names()) {
    const auto slash = name.find('/');
    if (slash != std::string::npos && name.substr(slash + 1) == rest) {
      parts.insert(name.substr(0, slash));
    }
  }
  return parts;
}

BlockObserver NetworkChecks::comparing(const FileTensors& file,
                                       const std::string& prefix,
                                       const std::string& title,
                                       Tolerance tolerance,
                                       std::set<std::string>& left) {
  std::map<std::string, std::string> stored;
  for (const std::string& name : file.names()) {
    if (name.starts_with(prefix)) {
      left.insert(name);
      stored[name_of_today(name)] = name;
    }
  }
  return [this, &file, prefix, title, tolerance, stored, &left](const std::string& name,
                                                                const at::Tensor& value) {
    const auto found = stored.find(prefix + name);
    if (found != stored.end() && left.erase(found->second) > 0) {
      const at::Tensor expected = file.tensor(found->second);
      const bool deep = title == "unet/" && is_deep(name);
      close(title + found->second, shaped_like(value, expected), expected,
            deep ? tolerances_.unet_deep : tolerance);
    }
  };
}

void NetworkChecks::text() {
  const auto file = FileTensors::open(folder_ / "text.safetensors");
  const Weights weights(std::make_shared<FileTensors>(model_.weights), std::string(kTextPrefix),
                        "text encoder");
  const ClipTextModel clip(weights, model_.clips.at(0), full_precision(compute_));
  weights.finish();
  for (const std::string& part : parts_with(*file, "ids")) {
    const at::Tensor ids = file->tensor(part + "/ids").to(at::kLong);
    std::set<std::string> left;
    const auto observer = comparing(*file, part + "/", "text/", tolerances_.text, left);
    const at::Tensor last = clip.forward(ids, 1, observer);
    close("text/" + part + "/last_hidden", last, file->tensor(part + "/last_hidden"),
          tolerances_.text);
    for (const std::string& name : left) {
      const std::string skip = part + "/skip";
      if (name.starts_with(skip)) {
        const at::Tensor hidden = clip.forward(ids, std::stoll(name.substr(skip.size())));
        close("text/" + name, hidden, file->tensor(name), tolerances_.text);
      }
    }
  }
}

UnetInputs NetworkChecks::inputs_of(const FileTensors& file, const std::string& part) const {
  const auto operand = [&](const char* name) {
    return file.tensor(part + name).to(compute_.device);
  };
  UnetInputs inputs{operand("/x"), operand("/t"), operand("/context")};
  if (file.contains(part + "/y")) {
    inputs.vector = operand("/y");
  }
  return inputs;
}

void NetworkChecks::unet(const std::string& variant) {
  std::map<std::string, std::string> variants;
  const nlohmann::json set = read_json(folder_ / "unet.json");
  for (const nlohmann::json& entry : set.at("cases")) {
    variants[entry.at("key")] = entry.value("variant", "");
  }
  const auto file = FileTensors::open(folder_ / "unet.safetensors");
  const Weights weights(std::make_shared<FileTensors>(model_.weights), std::string(kUnetPrefix),
                        "unet");
  const Unet unet(weights, model_.unet, compute_);
  weights.finish();
  for (const std::string& part : parts_with(*file, "t")) {
    const at::Tensor t = file->tensor(part + "/t");
    const std::string result =
        part + (file->contains(part + "/eps") || variants[part].empty() ? "/eps" : "/out");
    if (variants[part] != variant) {
      continue;
    }
    if (file->contains(result)) {
      close("unet/" + result, unet.forward(inputs_of(*file, part)), file->tensor(result),
            tolerances_.eps);
    } else if (file->contains(part + "/context")) {
      unet_blocks(unet, *file, part);
    } else {
      const at::Tensor out = file->tensor(part + "/out");
      close("unet/" + part, timestep_embedding(t, out.size(1)), out, kFp32.eps);
    }
  }
}

void NetworkChecks::unet_blocks(const Unet& unet,
                                const FileTensors& file,
                                const std::string& part) {
  std::set<std::string> left;
  const auto observer = comparing(file, part + "/", "unet/", tolerances_.unet_block, left);
  unet.forward(inputs_of(file, part), observer);
  for (const char* input : {"/x", "/t", "/context", "/y"}) {
    left.erase(part + input);
  }
  for (const std::string& name : left) {
    report_.exact(set_ + "unet/" + name, false, "no block of this name was computed");
  }
}

void NetworkChecks::vae() {
  const auto file = FileTensors::open(folder_ / "vae.safetensors");
  const Weights weights(std::make_shared<FileTensors>(model_.weights), std::string(kVaePrefix),
                        "vae");
  const Vae vae(weights, model_.vae, compute_);
  weights.finish();
  for (const std::string& part : parts_with(*file, "image")) {
    if (!file->contains(part + "/latent")) {
      vae_blocks(vae, *file, part);
    }
  }
  for (const std::string& part : parts_with(*file, "latent")) {
    const at::Tensor image = vae.decode(file->tensor(part + "/latent"));
    close("vae/" + part + "/image", image, file->tensor(part + "/image"), tolerances_.image);
    decoded(part, image, *file);
  }
}

void NetworkChecks::vae_blocks(const Vae& vae, const FileTensors& file, const std::string& part) {
  std::set<std::string> left;
  const bool decoding = file.contains(part + "/latent_unscaled");
  const bool inner_blocks = decoding || file.contains(part + "/conv_in");
  const Tolerance tolerance = inner_blocks ? tolerances_.vae_block : tolerances_.moments;
  const auto observer = comparing(file, part + "/", "vae/", tolerance, left);
  if (decoding) {
    left.erase(part + "/latent_unscaled");
    vae.decode(file.tensor(part + "/latent_unscaled") * vae.config().scale_factor, {}, observer);
  } else {
    left.erase(part + "/image");
    const LatentDistribution latent = vae.encode(file.tensor(part + "/image"), {}, observer);
    if (left.erase(part + "/std") > 0) {
      close("vae/" + part + "/std", latent.std, file.tensor(part + "/std"), tolerances_.moments);
    }
  }
  for (const std::string& name : left) {
    report_.exact(set_ + "vae/" + name, false, "no block of this name was computed");
  }
}

void NetworkChecks::decoded(const std::string& part,
                            const at::Tensor& image,
                            const FileTensors& file) {
  const std::string name = part + "/uint8";
  if (!file.contains(name)) {
    return;
  }
  const at::Tensor levels = (255.0 * ((image + 1.0) / 2.0).clamp(0, 1))
                                .to(at::kByte)
                                .permute({0, 2, 3, 1})
                                .to(at::kFloat);
  const at::Tensor expected = file.tensor(name).to(at::kFloat);
  report_.close(set_ + "vae/" + name, levels, expected, tolerances_.level);
  report_.mostly_close(set_ + "vae/" + name + " mostly equal", levels, expected, 0, 0,
                       tolerances_.other_levels);
}

}  // namespace

void check_networks(const Context& context, Report& report) {
  const std::string set = context.folder.filename().string();
  const std::filesystem::path model = context.folder / "model.safetensors";
  report.guarded(set + "/text", [&] { NetworkChecks(context, report, model).text(); });
  report.guarded(set + "/unet", [&] { NetworkChecks(context, report, model).unet(""); });
  report.guarded(set + "/vae", [&] { NetworkChecks(context, report, model).vae(); });
}

void check_unet(const Context& context,
                const std::filesystem::path& model,
                const std::string& variant,
                Report& report) {
  report.guarded(context.folder.filename().string() + "/unet" + variant,
                 [&] { NetworkChecks(context, report, model).unet(variant); });
}

void check_vae(const Context& context, Report& report) {
  report.guarded(context.folder.filename().string() + "/vae", [&] {
    NetworkChecks(context, report, context.folder / "model.safetensors").vae();
  });
}

}  // namespace ptravel::golden
