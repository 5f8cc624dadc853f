#pragma once

#include "http/message.h"
#include "sdapi/plan.h"

namespace ptravel {

/// Draws what `script_name` "Prompt Travel" asks for as a job of the queue, which outlives this
/// request, waits for it and answers with its frames in film order, sent as they are read. Throws
/// SdRefusal for wrong arguments.
HttpResponse answer_travel(SdState& state, SdPlan plan, Json parameters);

}  // namespace ptravel
