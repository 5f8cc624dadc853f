#include <algorithm>
#include <map>
#include <string>

#include <ATen/ATen.h>

#include "diffusion/brownian.h"
#include "diffusion/noise.h"
#include "tensor/philox.h"
#include "tensor/rng.h"
#include "tests/support/golden.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kNoiseTolerance = 2e-6;
constexpr double kBrownianTolerance = 1e-5;

// A seed in all the forms JSON may hold it; negative ones wrap, as in PyTorch.
std::uint64_t to_seed(const json& value) {
  return value.is_number_unsigned() ? value.get<std::uint64_t>()
                                    : static_cast<std::uint64_t>(value.get<std::int64_t>());
}

RngSource to_source(const json& entry) {
  return entry.at("randn_source") == "NV" ? RngSource::Nv : RngSource::Cpu;
}

struct Check {
  const FileTensors& tensors;
  Report& report;

  void close(const std::string& tensor, const at::Tensor& actual, double tolerance) const {
    report.close("rng/" + tensor, actual, tensors.tensor(tensor), tolerance);
  }
  void exact(const std::string& tensor, const at::Tensor& actual) const {
    report.exact("rng/" + tensor, actual.equal(tensors.tensor(tensor)), "numbers differ");
  }
};

// Successive draws of one generator: `cases` are those of one seed.
void check_normal_stream(const Check& check, RngSource source, std::vector<json> cases) {
  std::sort(cases.begin(), cases.end(),
            [](const json& a, const json& b) { return a.at("call") < b.at("call"); });
  Rng rng(source, to_seed(cases.front().at("seed")));
  for (const json& entry : cases) {
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    check.close(entry.at("tensor"), rng.randn(shape), kNoiseTolerance);
  }
}

void check_loss_draws(const Check& check, std::vector<json> cases) {
  std::sort(cases.begin(), cases.end(),
            [](const json& a, const json& b) { return a.at("call") < b.at("call"); });
  Rng rng(RngSource::Cpu, to_seed(cases.front().at("seed")));
  for (const json& entry : cases) {
    const std::string base = entry.at("tensor");
    check.exact(base + "/t", rng.randint(0, 1000, check.tensors.shape(base + "/t")));
    check.close(base + "/noise", rng.randn(check.tensors.shape(base + "/noise")), kNoiseTolerance);
  }
}

// "randint_0_1000", "randint_0_2p63m1" (2^63 - 1), "randperm_20", "randn_f64", "rand_f32".
void check_other_draw(const Check& check, const json& entry) {
  const std::string what = entry.at("what");
  const std::string tensor = entry.at("tensor");
  const std::vector<std::int64_t> shape = check.tensors.shape(tensor);
  const at::ScalarType dtype = check.tensors.dtype(tensor);
  Rng rng(RngSource::Cpu, to_seed(entry.at("seed")));
  if (what.starts_with("randint_")) {
    const std::size_t split = what.find('_', 8);
    const std::string high = what.substr(split + 1);
    const std::int64_t limit = high == "2p63m1" ? INT64_MAX : std::stoll(high);
    check.exact(tensor, rng.randint(std::stoll(what.substr(8, split - 8)), limit, shape));
  } else if (what.starts_with("randperm_")) {
    check.exact(tensor, rng.randperm(std::stoll(what.substr(9))));
  } else if (what.starts_with("randn")) {
    check.close(tensor, rng.randn(shape, dtype), kNoiseTolerance);
  } else {
    check.close(tensor, rng.rand(shape, dtype), kNoiseTolerance);
  }
}

void check_philox_words(const Check& check, const json& entry) {
  const auto count = entry.at("count").get<std::int64_t>();
  at::Tensor words = at::empty({4, count}, at::TensorOptions().dtype(at::kLong));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto column = philox_words(to_seed(entry.at("seed")), entry.at("offset").get<unsigned>(),
                                     static_cast<std::uint32_t>(i));
    for (std::int64_t row = 0; row < 4; ++row) {
      words[row][i] = static_cast<std::int64_t>(column[row]);
    }
  }
  check.exact(entry.at("tensor"), words);
}

void check_image_rng(const Check& check, const json& entry) {
  const json subseeds = entry.value("subseeds", json::array());
  std::vector<ImageSeed> seeds;
  for (const json& seed : entry.at("seeds")) {
    ImageSeed image;
    image.seed = to_seed(seed);
    image.subseed = seeds.size() < subseeds.size() ? to_seed(subseeds[seeds.size()]) : 0;
    image.subseed_strength = entry.value("subseed_strength", 0.0);
    image.resize_from_height = entry.value("seed_resize_from_h", 0) / 8;
    image.resize_from_width = entry.value("seed_resize_from_w", 0) / 8;
    image.ensd = entry.value("eta_noise_seed_delta", std::int64_t{0});
    image.source = to_source(entry);
    seeds.push_back(image);
  }
  ImageNoise noise(seeds, entry.at("shape").get<std::vector<std::int64_t>>());
  for (int call = 0; call < entry.at("calls").get<int>(); ++call) {
    const std::string tensor =
        "image/" + entry.at("name").get<std::string>() + "/next" + std::to_string(call);
    check.close(tensor, noise.next(), kNoiseTolerance);
  }
}

void check_slerp(const Check& check) {
  for (const std::string& name : check.tensors.names()) {
    const bool near = name.starts_with("slerp/near_v");
    if (!near && !name.starts_with("slerp/v")) {
      continue;
    }
    const double value = std::stod(name.substr(name.find_last_of('v') + 1));
    check.close(name,
                slerp(value, check.tensors.tensor("slerp/low"),
                      check.tensors.tensor(near ? "slerp/near" : "slerp/high")),
                kNoiseTolerance);
  }
}

void check_brownian(const Check& check, const json& entry) {
  const std::string base = entry.at("tensor");
  const at::Tensor sigmas = check.tensors.tensor(base + "/sigmas").to(at::kDouble);
  const at::Tensor like = check.tensors.tensor(base + "/full0");
  std::vector<ImageSeed> seeds;
  for (const json& seed : entry.at("seeds")) {
    seeds.push_back({.seed = to_seed(seed), .source = to_source(entry)});
  }
  ImageNoise noise(seeds, like.sizes().slice(1));
  noise.begin_brownian(sigmas.masked_select(sigmas > 0).min().item<double>(),
                       sigmas.max().item<double>());
  for (std::int64_t i = 0; i + 1 < sigmas.size(0); ++i) {
    const auto sigma = sigmas[i].item<double>();
    const std::string number = std::to_string(i);
    if (check.tensors.contains(base + "/half" + number)) {
      const auto middle = check.tensors.tensor(base + "/mid" + number).item<double>();
      check.close(base + "/half" + number, noise.brownian(sigma, middle, like), kBrownianTolerance);
    }
    if (check.tensors.contains(base + "/full" + number)) {
      check.close(base + "/full" + number,
                  noise.brownian(sigma, sigmas[i + 1].item<double>(), like), kBrownianTolerance);
    }
  }
}

void check_single(const Check& check, const json& entry) {
  const std::string kind = entry.at("kind");
  if (kind == "torch_cpu_other") {
    check_other_draw(check, entry);
  } else if (kind == "philox_u32") {
    check_philox_words(check, entry);
  } else if (kind == "image_rng") {
    check_image_rng(check, entry);
  } else if (kind == "brownian") {
    check_brownian(check, entry);
  } else if (kind != "slerp") {
    check.report.exact("rng/" + kind, false, "unknown kind of case");
  }
}

}  // namespace

void check_rng(const Context& context, Report& report) {
  const json cases = read_json(context.folder / "rng.json");
  const auto tensors = FileTensors::open(context.folder / "rng.safetensors");
  const Check check{*tensors, report};
  std::map<std::pair<std::string, std::uint64_t>, std::vector<json>> streams;
  for (const json& entry : cases.at("cases")) {
    const std::string kind = entry.at("kind");
    if (kind == "torch_cpu" || kind == "philox" || kind == "latent_loss_draws") {
      streams[{kind, to_seed(entry.at("seed"))}].push_back(entry);
    } else {
      report.guarded("rng/" + kind, [&] { check_single(check, entry); });
    }
  }
  for (const auto& [key, entries] : streams) {
    report.guarded("rng/" + key.first + "/seed" + std::to_string(key.second), [&] {
      if (key.first == "latent_loss_draws") {
        check_loss_draws(check, entries);
      } else {
        check_normal_stream(check, key.first == "philox" ? RngSource::Nv : RngSource::Cpu, entries);
      }
    });
  }
  report.guarded("rng/slerp", [&] { check_slerp(check); });
}

}  // namespace ptravel::golden
