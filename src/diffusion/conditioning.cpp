#include "diffusion/conditioning.h"

#include <string>

#include <ATen/ATen.h>

#include "diffusion/switch_points.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

void check_schedule(const ScheduledConditioning& schedule, std::int64_t& width) {
  if (schedule.entries.empty()) {
    throw Error(ErrorCode::InvalidArgument, "[conditioning] expected at least one entry, got none");
  }
  for (const ScheduledConditioning::Entry& entry : schedule.entries) {
    if (!entry.context.defined() || entry.context.dim() != 2 || entry.context.size(0) < 1) {
      throw Error(ErrorCode::InvalidArgument,
                  "[conditioning] context: expected a tensor [tokens, width]");
    }
    width = width == 0 ? entry.context.size(1) : width;
    if (entry.context.size(1) != width) {
      throw Error(ErrorCode::InvalidArgument, "[conditioning] width: expected " +
                                                  std::to_string(width) + ", got " +
                                                  std::to_string(entry.context.size(1)));
    }
  }
}

}  // namespace

ScheduledConditioning::ScheduledConditioning(at::Tensor context) {
  entries.push_back({0, std::move(context)});
}

const at::Tensor& ScheduledConditioning::at_call(int call) const {
  return active_entry(entries, call).context;
}

at::Tensor pad_context(const at::Tensor& context, std::int64_t tokens) {
  const std::int64_t missing = tokens - context.size(0);
  if (missing <= 0) {
    return context;
  }
  return at::cat({context, context.narrow(0, context.size(0) - 1, 1).expand({missing, -1})});
}

void check_conditioning(const std::vector<ImageConditioning>& images) {
  if (images.empty()) {
    throw Error(ErrorCode::InvalidArgument, "[conditioning] expected at least one picture, got 0");
  }
  std::int64_t width = 0;
  for (const ImageConditioning& image : images) {
    if (image.parts.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  "[conditioning] expected at least one part, got none");
    }
    for (const ConditioningPart& part : image.parts) {
      check_schedule(part.schedule, width);
    }
    check_schedule(image.uncond, width);
  }
}

}  // namespace ptravel
