#pragma once

#include <string>
#include <vector>

#include "ptravel/request.h"

namespace ptravel {

/// A request whose prompts say everything themselves.
struct PreparedRequest {
  TravelRequest request;
  std::vector<std::string> notes;  ///< Sentences on what was made of it.
};

/// Puts into prompts, steps and holds what a request says in other words, in this order:
/// `schedule_file` (films of Deforum, FizzNodes, Parseq); marks of time before stages ("[2s-5s]",
/// "@12"); `prompt_before` and `prompt_after`; `style`; wildcards ("__colour__"), drawn by the
/// first seed, which is drawn itself where it is not given. Those fields are empty in the result,
/// so preparing it again changes nothing. A request that says nothing in other words comes back as
/// it is. Reads the files that are named. Throws Error(InvalidArgument) with a problem for each
/// field that is wrong.
PreparedRequest prepare_request(TravelRequest request);

}  // namespace ptravel
