#include <optional>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json_number.h"
#include "ptravel/error.h"
#include "text/vocabulary.h"

// Reading of tokenizer folders, apart from vocabulary.cpp because of the JSON library's weight.

namespace ptravel {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 20;
constexpr std::int64_t kLargestId = 10'000'000;

[[noreturn]] void fail(const std::string& file, const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[tokenizer] " + file + ": " + problem);
}

nlohmann::json read_object(const std::filesystem::path& path) {
  nlohmann::json value =
      nlohmann::json::parse(read_file(path, kLargestFile), nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    fail(path.filename().string(), "expected a JSON object");
  }
  return value;
}

std::unordered_map<std::string, std::int32_t> read_ids(const std::filesystem::path& path) {
  const nlohmann::json object = read_object(path);
  std::unordered_map<std::string, std::int32_t> ids;
  ids.reserve(object.size());
  for (const auto& [piece, id] : object.items()) {
    const auto number = json_integer(id, 0, kLargestId);
    if (!number) {
      fail(path.filename().string(), "id of \"" + piece + "\": expected 0 to " +
                                         std::to_string(kLargestId) + ", got " + id.dump());
    }
    ids.emplace(piece, static_cast<std::int32_t>(*number));
  }
  return ids;
}

/// A token's text: either a string or an object with the field "content".
std::optional<std::string> token_text(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) {
    return std::nullopt;
  }
  const nlohmann::json* value = &*found;
  if (value->is_object() && value->contains("content")) {
    value = &value->at("content");
  }
  return value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
}

void read_special_tokens(const std::filesystem::path& folder, Vocabulary& vocabulary) {
  std::filesystem::path path = folder / "special_tokens_map.json";
  if (!std::filesystem::exists(path)) {
    path = folder / "tokenizer_config.json";
  }
  if (!std::filesystem::exists(path)) {
    return;
  }
  const nlohmann::json object = read_object(path);
  vocabulary.start_token = token_text(object, "bos_token").value_or(vocabulary.start_token);
  vocabulary.end_token = token_text(object, "eos_token").value_or(vocabulary.end_token);
  vocabulary.unknown_token = token_text(object, "unk_token").value_or(vocabulary.end_token);
  vocabulary.padding_token = token_text(object, "pad_token").value_or(vocabulary.end_token);
}

}  // namespace

Vocabulary load_vocabulary(const std::filesystem::path& folder) {
  Vocabulary vocabulary;
  vocabulary.ids = read_ids(folder / "vocab.json");
  vocabulary.merges = parse_merges(read_file(folder / "merges.txt", kLargestFile), "merges.txt");
  read_special_tokens(folder, vocabulary);
  for (const std::string& token : {vocabulary.start_token, vocabulary.end_token}) {
    if (!vocabulary.ids.contains(token)) {
      fail("vocab.json", "expected the token \"" + token + "\", it is missing");
    }
  }
  return vocabulary;
}

}  // namespace ptravel
