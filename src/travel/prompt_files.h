#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.h"
#include "ptravel/frame.h"
#include "ptravel/request.h"
#include "request/stages.h"

namespace ptravel {

/// The files that prompts name: embeddings and hypernetworks. Puts them into the identity, with the
/// hashes that pictures tell.
void identify_prompt_files(const StagePlan& plan,
                           const TravelRequest& request,
                           const Pipeline& pipeline,
                           ModelIdentity& identity);

/// Sentences about what these prompts name and do not get, for the user.
std::vector<std::string> prompt_file_notes(const std::vector<std::string>& prompts,
                                           const Pipeline& pipeline);

/// The hypernetworks that a prompt's tags name and that can be used, in their order. One strength
/// that cannot be read leaves out all of them, as in the web UI.
std::vector<AdapterStrength> prompt_hypernetworks(const std::string& prompt,
                                                  const Pipeline& pipeline);

/// Strengths where `share` of the way from one prompt to another is gone: what only one of them
/// has comes from 0 or goes there. Names that come several times are told apart by their order.
std::vector<AdapterStrength> mixed_strengths(const std::vector<AdapterStrength>& from,
                                             const std::vector<AdapterStrength>& to,
                                             double share);

}  // namespace ptravel
