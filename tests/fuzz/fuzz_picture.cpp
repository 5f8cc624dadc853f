// Parameters that programs leave in pictures. An input is a run of texts, each a byte that chooses
// its keyword and then the text, with zero bytes between.
#include <vector>

#include "request/picture_parameters.h"
#include "request/picture_request.h"
#include "tests/fuzz/harness.h"

namespace {

using namespace ptravel;

constexpr const char* kKeywords[] = {
    "parameters",
    "prompt",
    "workflow",
    "Comment",
    "Description",
    "Software",
    "Source",
    "invokeai_metadata",
    "sd-metadata",
    "Dream",
    "invokeai_graph",
    "comment",
    "Model",
    "Title",
    "negative_prompt",
    "seed",
    "use_stable_diffusion_model",
    "XML:com.adobe.xmp",
};

std::vector<ImageText> texts_of(std::string_view input) {
  std::vector<ImageText> texts;
  while (!input.empty() && texts.size() < 8) {
    const auto chosen = static_cast<unsigned char>(input.front()) % std::size(kKeywords);
    const std::size_t end = input.find('\0', 1);
    texts.push_back(
        {kKeywords[chosen], std::string(input.substr(1, end == input.npos ? end : end - 1))});
    input = end == input.npos ? std::string_view{} : input.substr(end + 1);
  }
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<ImageText> texts = texts_of(fuzz::text_of(data, size));
  const PictureSource source{texts, 512, 768};
  read_picture_parameters(source);  // never throws
  fuzz::parse([&] { read_picture_request(source, "fuzz.png", {}); });
  return 0;
}
