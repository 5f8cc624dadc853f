// Hypernetworks: hypernetworks.json with hypernetworks/ on tiny_sd1.
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "model/hypernetwork.h"
#include "ptravel/error.h"
#include "tests/golden/addons.h"
#include "tests/golden/run_support.h"
#include "text/network_tags.h"
#include "text/prompt_markup.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kContextTolerance = 2e-5;
constexpr double kEpsTolerance = 1e-3;

/// What a tag's file holds; nothing where there is none that can be used.
std::shared_ptr<const Hypernetwork> load(const std::filesystem::path& folder,
                                         const std::string& name,
                                         const Compute& compute,
                                         std::vector<std::string>& refused) {
  const std::filesystem::path path = folder / (name + ".pt");
  if (!std::filesystem::exists(path)) {
    return nullptr;
  }
  try {
    return std::make_shared<const Hypernetwork>(open_hypernetwork(path), compute);
  } catch (const Error& error) {
    refused.emplace_back(error.what());
    return nullptr;
  }
}

struct Loaded {
  std::vector<HypernetworkUse> networks;
  std::vector<std::string> names;
  std::vector<std::string> refused;
};

Loaded load_all(const json& test, const Context& context, const Compute& compute) {
  Loaded loaded;
  const PromptWithNetworks prompt = take_extra_networks(test.at("tag").get<std::string>());
  for (const HypernetTag& tag : hypernet_tags(prompt.networks).tags) {
    if (auto network = load(context.folder / "hypernetworks", tag.name, compute, loaded.refused)) {
      loaded.networks.push_back({std::move(network), tag.strength});
      loaded.names.push_back(tag.name);
    }
  }
  return loaded;
}

void check_case(const json& test,
                const Context& context,
                const Pipeline& pipeline,
                const FileTensors& tensors,
                Report& report) {
  const std::string key = test.at("key");
  const std::string name = "addons/hypernetworks/" + key;
  const Loaded loaded = load_all(test, context, pipeline.compute());
  report.exact(name + "/loaded", json(loaded.names) == test.at("loaded"),
               json(loaded.names).dump());
  report.exact(name + "/refused", loaded.refused.size() == test.at("log").size(),
               json(loaded.refused).dump());
  const auto compare = [&](const char* input, const std::string& sides) {
    if (!tensors.contains(key + "/" + sides + "k")) {
      return;
    }
    const at::Tensor x = tensors.tensor(input).to(pipeline.compute().dtype);
    const AttendedContext seen = attended(x, loaded.networks);
    const double tolerance = pipeline.compute().dtype == at::kFloat ? kContextTolerance : 0.1;
    report.close(name + "/" + sides + "k", seen.keys, tensors.tensor(key + "/" + sides + "k"),
                 tolerance);
    report.close(name + "/" + sides + "v", seen.values, tensors.tensor(key + "/" + sides + "v"),
                 tolerance);
  };
  compare("context", "");
  compare("self_context", "self_");
  UnetInputs inputs{tensors.tensor("x"), tensors.tensor("t"), tensors.tensor("cond")};
  inputs.hypernetworks = loaded.networks;
  const double tolerance = pipeline.compute().dtype == at::kFloat ? kEpsTolerance : 0.5;
  const at::Tensor eps = pipeline.unet().forward(inputs);
  report.close(name + "/eps", eps, tensors.tensor(key + "/eps"), tolerance);
  // As samplers call it: prepared once, beside an image that nothing acts on.
  const Unet& unet = pipeline.unet();
  const auto time = unet.prepare_time(inputs.t.item<float>());
  const at::Tensor text = inputs.context[0];
  const at::Tensor both =
      unet.forward(at::cat({inputs.x, inputs.x}),
                   {{time, unet.prepare_text(text, loaded.networks), {}, loaded.networks},
                    {time, unet.prepare_text(text), {}, {}}});
  report.close(name + "/prepared", both.narrow(0, 0, 1), eps, 0);
  report.close(name + "/beside", both.narrow(0, 1, 1),
               unet.forward(inputs.x, inputs.t, inputs.context), 0);
}

}  // namespace

void check_hypernetworks(const Context& context, Report& report) {
  const json file = read_json(context.folder / "hypernetworks.json");
  const auto tensors = FileTensors::open(context.folder / "hypernetworks.safetensors");
  const auto pipeline = open_pipeline(context);
  for (const json& test : file.at("cases")) {
    report.guarded("addons/hypernetworks/" + test.at("key").get<std::string>(),
                   [&] { check_case(test, context, *pipeline, *tensors, report); });
  }
}

}  // namespace ptravel::golden
