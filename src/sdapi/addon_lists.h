#pragma once

#include "sdapi/answers.h"
#include "sdapi/state.h"

namespace ptravel {

/// What lies in the models folders for prompts to name, in the web UI's shapes. Paths are those
/// below the folder of their kind: where files lie on the server is nobody's matter.
Json sd_loras(const SdState& state);
Json sd_hypernetworks(const SdState& state);
/// "loaded": those that fit the chosen model, "skipped": the others.
Json sd_embeddings(const SdState& state);
/// Of the styles.csv that films take theirs from.
Json sd_prompt_styles(const SdState& state);

}  // namespace ptravel
