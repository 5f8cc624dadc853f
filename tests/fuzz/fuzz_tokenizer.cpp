// Tokenizer folders. The first byte chooses the file that is fed; the others are small and right.
#include "tests/fuzz/harness.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace {

using namespace ptravel;

struct TokenizerFile {
  const char* name;
  const char* content;
};

constexpr TokenizerFile kFiles[] = {
    {"vocab.json",
     R"({"a":0,"b":1,"a</w>":2,"b</w>":3,"ab</w>":4,"<|startoftext|>":5,"<|endoftext|>":6})"},
    {"merges.txt", "#version: 0.2\na b</w>\n"},
    {"special_tokens_map.json", R"({"bos_token":"<|startoftext|>","eos_token":"<|endoftext|>"})"},
    {"tokenizer_config.json", R"({"pad_token":"<|endoftext|>"})"},
};

const fuzz::MemoryFolder& folder() {
  static const fuzz::MemoryFolder* made = [] {
    auto* result = new fuzz::MemoryFolder;
    for (const TokenizerFile& file : kFiles) {
      result->write(file.name, file.content);
    }
    return result;
  }();
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const TokenizerFile& file = kFiles[data[0] % std::size(kFiles)];
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  folder().write(file.name, text);
  fuzz::parse([&] { Tokenizer::load(folder().path()).encode("ab ba, a"); });
  fuzz::parse([&] { parse_merges(text, "fuzz"); });
  folder().write(file.name, file.content);
  return 0;
}
