#pragma once

#include "pipeline/pipeline.h"
#include "tests/support/golden.h"

namespace ptravel::golden {

/// Conditionings after emphasis of the set's text.json.
void check_text_conditionings(const Context& context, const Pipeline& pipeline, Report& report);

/// Full txt2img and img2img runs of the set's runs.json with one variant of its model; "" = runs
/// that name none.
void check_runs(const Context& context,
                const Pipeline& pipeline,
                const std::string& variant,
                Report& report);

/// The second pass at a larger size, on the model of tiny_sd1.
void check_second_pass(const Context& context, const Pipeline& pipeline, Report& report);

/// Pictures that go on at their other edge, on a model of its own like tiny_sd1's.
void check_tiling(const Context& context, Report& report);

/// The linear travels of travel/travel.json, on the model of tiny_sd1.
void check_linear_travels(const Context& context,
                          const nlohmann::json& set,
                          const FileTensors& tensors,
                          Report& report);

/// The first version's modes replace and grad of travel/travel.json, with the recorded timesteps
/// and noise, and its latent loss and step methods.
void check_walks(const Context& context,
                 const nlohmann::json& set,
                 const FileTensors& tensors,
                 Report& report);

/// The newest version's replace and embryo of travel/travel.json.
void check_newest_version(const Context& context,
                          const nlohmann::json& set,
                          const FileTensors& tensors,
                          Report& report);

}  // namespace ptravel::golden
