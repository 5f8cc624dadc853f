#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.h"
#include "ptravel/frame.h"
#include "ptravel/request.h"
#include "request/stages.h"

namespace ptravel {

/// The files that prompts name: embeddings. Puts them into the identity, with the hashes that
/// pictures tell.
void identify_prompt_files(const StagePlan& plan,
                           const TravelRequest& request,
                           const Pipeline& pipeline,
                           ModelIdentity& identity);

/// Sentences about what prompts name and do not get, for the user.
std::vector<std::string> prompt_file_notes(const Pipeline& pipeline);

}  // namespace ptravel
