#include <algorithm>

#include <ATen/ATen.h>

#include "pipeline/latents.h"
#include "ptravel/error.h"
#include "request/frame_places.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"
#include "travel/embryo.h"
#include "travel/route.h"
#include "travel/token_swap.h"
#include "travel/unit_swap.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

/// "token", "channel" or "random" as the set's two layouts take it: with [tokens, width] as the
/// names say, with a leading batch axis one axis further.
SwapUnit unit_of(const std::string& dim, bool batch_axis) {
  if (dim == "token") {
    return batch_axis ? SwapUnit::Channel : SwapUnit::Token;
  }
  return dim == "channel" && !batch_axis ? SwapUnit::Channel : SwapUnit::Value;
}

void check_replace(const FileTensors& tensors,
                   const std::string& key,
                   const json& entry,
                   Report& report) {
  const std::string name = key.substr(key.rfind('/') + 1);  // "token_similar"
  const std::string dim = name.substr(0, name.find('_'));
  const std::string order_name = name.substr(name.find('_') + 1);
  const bool batch_axis = key.find("_btd/") != std::string::npos;
  const at::Tensor stages = tensors.tensor("head/stage_cond").to(at::kFloat);
  UnitSwap swap({{stages[0]}, {stages[1]}}, unit_of(dim, batch_axis));
  report.exact("travel/" + key + "/n_diff",
               swap.differing().size() == entry.at("n_diff").get<std::size_t>(),
               std::to_string(swap.differing().size()));
  if (tensors.contains(key + "/dist")) {
    const at::Tensor distances = at::tensor(swap.distances(), at::kDouble);
    const at::Tensor expected = tensors.tensor(key + "/dist");
    report.close("travel/" + key + "/dist", distances.reshape(expected.sizes()), expected, 1e-5);
  }
  std::vector<std::size_t> order = ascending(swap.distances());
  if (order_name == "different") {
    std::reverse(order.begin(), order.end());
  }
  const std::int64_t steps = entry.at("steps");
  const std::size_t count = v3_count(swap.differing().size(), steps);
  report.exact("travel/" + key + "/count", count == entry.at("replace_count").get<std::size_t>(),
               std::to_string(count));
  std::vector<at::Tensor> conds;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::vector<std::size_t> left = swap.differing();
    std::vector<std::size_t> chosen = first_of(order, left, count);
    if (order_name == "random") {
      chosen.clear();
      const at::Tensor picks = tensors.tensor(key + "/pick" + std::to_string(step));
      for (std::int64_t i = 0; i < picks.numel(); ++i) {
        chosen.push_back(left.at(static_cast<std::size_t>(picks[i].item<std::int64_t>())));
      }
    }
    swap.swap(chosen);
    conds.push_back(swap.current().tokens);
  }
  const at::Tensor expected = tensors.tensor(key + "/cond");
  report.close("travel/" + key + "/cond", at::stack(conds).reshape(expected.sizes()), expected,
               1e-6);
}

class EmbryoCheck {
 public:
  EmbryoCheck(const Pipeline& pipeline,
              const json& entry,
              const FileTensors& tensors,
              const RunTolerances& allowed,
              Report& report)
      : pipeline_(pipeline), entry_(entry), tensors_(tensors), allowed_(allowed), report_(report) {}

  void check() {
    TravelRequest request;
    request.compat = Compat::Newest;
    request.genesis = Genesis::Embryo;
    request.steps = entry_.at("steps");
    request.sampler = entry_.at("sampler");
    request.embryo_step = entry_.at("embryo_step").dump();
    StagePlan plan;
    plan.prompts = entry_.at("prompts").get<std::vector<std::string>>();
    plan.negative_prompts.assign(plan.prompts.size(), entry_.at("negative").get<std::string>());
    plan.steps = {entry_.at("travel_steps").get<std::int64_t>()};
    Progress progress;
    Route route(plan, request, pipeline_, 0, progress);
    Embryo embryo(request);
    GuidanceHooks recorder = embryo.recorder();
    const auto record = recorder.on_call;
    const int embryo_call = entry_.at("model_call_index_of_embryo");
    at::Tensor input;
    recorder.on_call = [&](int call, const at::Tensor& x, double level, const GuidedEps& result) {
      record(call, x, level, result);
      input = call == embryo_call ? x.clone() : input;
    };
    const at::Tensor mid = draw(route.halfway(0), recorder);
    // The network's input is scaled; the set has it as the sampler's x, for cond and uncond.
    report_.close("travel/head/embryo/mid_latent", mid, tensors_.tensor("head/embryo/mid_latent"),
                  allowed_.latent);
    report_.close("travel/head/embryo/embryo", input,
                  tensors_.tensor("head/embryo/embryo").narrow(0, 0, 1), allowed_.latent);
    std::vector<at::Tensor> conds, latents;
    for (const FramePlace& place : route.places()) {
      const ImageConditioning conditioning = route.conditioning(place, {});
      conds.push_back(conditioning.parts.at(0).schedule.at_call(0)->text.tokens);
      latents.push_back(draw(conditioning, embryo.player()));
    }
    report_.close("travel/head/embryo/cond", at::stack(conds), tensors_.tensor("head/embryo/cond"),
                  std::max(1e-5, allowed_.cond));
    report_.mostly_close("travel/head/embryo/latent", at::cat(latents),
                         tensors_.tensor("head/embryo/latent"), allowed_.latent, 0,
                         allowed_.latents_beyond);
  }

 private:
  at::Tensor draw(const ImageConditioning& conditioning, const GuidanceHooks& guidance) const {
    PictureBatch batch;
    batch.width = 64;
    batch.height = 64;
    batch.seeds = seeds_of(entry_);
    batch.images = {conditioning};
    SamplingHooks hooks;
    hooks.guidance = guidance;
    return pipeline_.sample(settings_of(entry_), batch, hooks);
  }

  const Pipeline& pipeline_;
  const json& entry_;
  const FileTensors& tensors_;
  RunTolerances allowed_;
  Report& report_;
};

}  // namespace

void check_newest_version(const Context& context,
                          const json& set,
                          const FileTensors& tensors,
                          Report& report) {
  const json& cases = set.at("cases");
  for (const auto& [key, entry] : cases.items()) {
    if (key.starts_with("head/replace_") && tensors.contains(key + "/cond")) {
      report.guarded("travel/" + key, [&, &key = key, &entry = entry] {
        check_replace(tensors, key, entry, report);
      });
    }
  }
  if (cases.contains("head/embryo")) {
    const auto pipeline = open_pipeline(context);
    report.guarded("travel/head/embryo", [&] {
      EmbryoCheck(*pipeline, cases.at("head/embryo"), tensors, tolerances(context.precision),
                  report)
          .check();
    });
  }
}

}  // namespace ptravel::golden
