#pragma once

#include "jobs/manifest.h"
#include "ptravel/frame.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"

namespace ptravel {

/// Where a run's model is said to lie.
enum class ModelPath {
  Recorded,  ///< By its manifest: it may lie elsewhere on this machine.
  Given,     ///< By the user: it is not looked for.
};

/// Finds the files of a run on this machine: the model, the VAE, the init picture and the masks
/// that do not lie where `request` says, or are other ones there, are looked for in its models
/// folders by their recorded hash; models and VAEs under any name. `request` names them then.
/// Throws NotFound for a model or a picture that is nowhere, with what was looked for where.
/// Add-ons that prompts name are found by that name, and compared as everything is
/// (check_same_files).
void find_run_files(const Manifest& manifest,
                    TravelRequest& request,
                    ModelPath model,
                    Progress& progress);

/// Gives a model's files the names that they had when the run began, which stand in its frames.
void take_recorded_names(const Manifest& manifest, ModelIdentity& identity);

}  // namespace ptravel
