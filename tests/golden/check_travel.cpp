#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "request/frame_places.h"
#include "request/slice.h"
#include "request/stages.h"
#include "tests/golden/runs.h"
#include "tests/support/golden.h"
#include "travel/mode_linear.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

// The sets mark what the original could not compute (NaN) with this number.
constexpr double kNotComputed = 12345;

void check_slice(const json& entry, const std::string& name, Report& report) {
  const bool should_fail = entry.contains("parse_error") || entry.contains("error");
  try {
    if (!should_fail && entry.at("result").empty()) {
      // The reference lets an empty film through when there is nothing to pad; we refuse it later.
      const FrameSlice slice = parse_slice(entry.at("pick").get<std::string>());
      report.exact(name, slice_indices(slice, entry.at("frames")).empty(), "selects frames");
      return;
    }
    const auto film =
        pick_and_pad(entry.at("pick").get<std::string>(), entry.at("pad"), entry.at("frames"));
    report.exact(name, !should_fail && json(film) == entry.at("result"),
                 should_fail ? "accepted, but the reference fails" : json(film).dump());
  } catch (const Error& error) {
    report.exact(name, should_fail, error.what());
  }
}

/// Steps stand as text or as a list of numbers.
std::string steps_text(const json& steps) {
  if (steps.is_string()) {
    return steps.get<std::string>();
  }
  std::string text;
  for (const json& value : steps) {
    text += (text.empty() ? "" : ",") + value.dump();
  }
  return text;
}

void check_arguments(const json& entry, const std::string& name, Report& report) {
  // The first version doubles a single line for mode grad and for subseed -1.
  const bool doubles = entry.at("mode") == "grad" || entry.at("subseed") == -1;
  const bool should_fail = entry.contains("error");
  try {
    StageRules rules;
    rules.single = doubles ? SingleStage::Double : SingleStage::Refuse;
    const StagePlan plan =
        plan_stages(entry.at("prompt").get<std::string>(), entry.at("negative").get<std::string>(),
                    steps_text(entry.at("steps")), rules);
    const bool same = !should_fail && json(plan.prompts) == entry.at("pos") &&
                      json(plan.negative_prompts) == entry.at("neg") &&
                      static_cast<std::int64_t>(frame_places(plan, {}).size()) ==
                          entry.at("frames").get<std::int64_t>();
    report.exact(name, same, should_fail ? "accepted, but the reference fails" : "differs");
  } catch (const Error& error) {
    report.exact(name, should_fail, error.what());
  }
}

void check_cases(const Context& context,
                 Report& report,
                 const char* file,
                 void (*check)(const json&, const std::string&, Report&)) {
  const std::filesystem::path path = context.folder / (std::string(file) + ".json");
  if (!std::filesystem::exists(path)) {
    return;
  }
  const json set = read_json(path);
  std::size_t index = 0;
  for (const json& entry : set.at("cases")) {
    const std::string name = "travel/" + std::string(file) + "/" + std::to_string(index++);
    report.guarded(name, [&] { check(entry, name, report); });
  }
}

using Mix = TextEncoding (*)(const TextEncoding&, const TextEncoding&, double);

/// Rows of `expected` are the mixes of stage 0 and 1 at each alpha, then of 1 and 2, and so on.
void check_mix(const FileTensors& tensors,
               const std::string& kind,
               Mix mix,
               const std::vector<double>& alphas,
               double tolerance,
               Report& report) {
  const std::string name = "head/" + kind;
  const at::Tensor stages = tensors.tensor("head/stage_cond").to(at::kFloat);
  std::vector<at::Tensor> rows;
  for (std::int64_t stage = 0; stage + 1 < stages.size(0); ++stage) {
    for (const double alpha : alphas) {
      rows.push_back(mix({stages[stage]}, {stages[stage + 1]}, alpha).tokens);
    }
  }
  report.close("travel/" + name, at::stack(rows), tensors.tensor(name), tolerance);
}

/// Stage 0 against the long conditioning, the shorter one padded with rows of zeros.
void check_aligned_mix(const FileTensors& tensors,
                       const std::string& kind,
                       Interpolation interpolation,
                       Report& report) {
  const std::string name = "head/" + kind + "_aligned";
  if (!tensors.contains(name)) {
    return;
  }
  LinearMode mode;
  mode.interpolation = interpolation;
  mode.pairing.padding.kind = StagePadding::Zero;
  const ScheduledConditioning from(
      TextEncoding{tensors.tensor("head/stage_cond").to(at::kFloat)[0]});
  const ScheduledConditioning to(TextEncoding{tensors.tensor("head/long_cond").to(at::kFloat)});
  std::vector<at::Tensor> rows;
  for (const double alpha : {0.25, 0.75}) {
    rows.push_back(mix_schedules(from, to, alpha, mode).at_call(0)->text.tokens);
  }
  const at::Tensor expected = tensors.tensor(name).to(at::kFloat);
  const at::Tensor actual = at::where(expected == kNotComputed, expected, at::stack(rows));
  report.close("travel/" + name, actual, expected, 2e-5);
}

void check_head(const json& cases, const FileTensors& tensors, Report& report) {
  const std::pair<const char*, Mix> kinds[] = {{"lerp", lerp}, {"slerp", slerp}};
  for (const auto& [kind, mix] : kinds) {
    const std::string name = std::string("head/") + kind;
    if (!tensors.contains(name) || !tensors.contains("head/stage_cond")) {
      continue;
    }
    // Both kinds were made with the alphas that the set gives for one of them.
    std::vector<double> alphas = {0.25, 0.5, 0.75};
    for (const char* holder : {"head/lerp", "head/slerp"}) {
      if (cases.contains(holder) && cases.at(holder).contains("alphas")) {
        alphas = cases.at(holder).at("alphas").get<std::vector<double>>();
      }
    }
    report.guarded("travel/" + name, [&] { check_mix(tensors, kind, mix, alphas, 2e-5, report); });
  }
  if (tensors.contains("head/long_cond")) {
    check_aligned_mix(tensors, "lerp", Interpolation::Lerp, report);
    check_aligned_mix(tensors, "slerp", Interpolation::Slerp, report);
  }
}

}  // namespace

void check_travel(const Context& context, Report& report) {
  check_cases(context, report, "slices", check_slice);
  check_cases(context, report, "arguments", check_arguments);
  if (!std::filesystem::exists(context.folder / "travel.json")) {
    return;
  }
  const json set = read_json(context.folder / "travel.json");
  const auto tensors = FileTensors::open(context.folder / "travel.safetensors");
  check_head(set.at("cases"), *tensors, report);
  check_linear_travels(context, set, *tensors, report);
  check_walks(context, set, *tensors, report);
  check_newest_version(context, set, *tensors, report);
}

}  // namespace ptravel::golden
