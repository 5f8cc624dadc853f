#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ptravel/error.h"
#include "text/prompt_attention.h"
#include "text/prompt_composition.h"
#include "text/prompt_markup.h"
#include "text/prompt_schedule.h"
#include "text/text_repair.h"
#include "text/utf8.h"

/// Runs a prompt through the whole grammar. The first byte chooses the pass and the rule for
/// numbers. Only InvalidArgument may come out, for a weight that is not a number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  const std::uint8_t mode = size > 0 ? data[0] : 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view prompt = input.substr(size > 0 ? 1 : 0);
  PromptScheduleOptions options;
  options.steps = 1 + mode % 8;
  options.old_scheduling = (mode & 8u) != 0;
  if ((mode & 16u) != 0) {
    options.hires_steps = 1 + mode / 32;
  }
  const PromptWithNetworks stripped = take_extra_networks(remove_prompt_comments(prompt));
  for (const std::string& part : parse_prompt_composition(stripped.prompt).texts) {
    for (const ScheduledText& entry : parse_prompt_schedule(part, options)) {
      try {
        for (const WeightedText& piece : parse_prompt_attention(entry.text)) {
          repair_text(decode_utf8(piece.text));
        }
      } catch (const Error& error) {
        if (error.code() != ErrorCode::InvalidArgument) {
          throw;
        }
      }
    }
  }
  return 0;
}
