#include "learn_vocabulary.h"

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "text/byte_alphabet.h"
#include "text/text_repair.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "text/word_split.h"

namespace ptravel::train {
namespace {

constexpr std::uint64_t kLeastFrequency = 2;
constexpr int kContextLength = 77;

using Pair = std::pair<std::string, std::string>;

/// A distinct word as the pieces it consists of so far.
struct Word {
  std::vector<std::string> pieces;
  std::uint64_t frequency = 0;
};

std::vector<std::string> byte_pieces(std::string_view word) {
  std::vector<std::string> pieces;
  for (const char c : word) {
    append_utf8(pieces.emplace_back(), printable_of_byte(static_cast<unsigned char>(c)));
  }
  pieces.back().append(kWordEnd);
  return pieces;
}

std::vector<Word> count_words(const std::vector<std::string>& texts) {
  std::map<std::string, std::uint64_t> frequencies;
  for (const std::string& text : texts) {
    const std::u32string clean = to_lower(repair_text(decode_utf8(text)));
    for (const std::u32string_view word : split_words(clean)) {
      if (word != kStartMark && word != kEndMark) {
        ++frequencies[encode_utf8(word)];
      }
    }
  }
  std::vector<Word> words;
  words.reserve(frequencies.size());
  for (const auto& [word, frequency] : frequencies) {
    words.push_back({byte_pieces(word), frequency});
  }
  return words;
}

/// The most frequent pair that makes a new piece, the first in order among equals; two empty
/// strings when none is frequent enough.
Pair best_pair(const std::vector<Word>& words, const std::set<std::string>& known) {
  std::map<Pair, std::uint64_t> frequencies;
  for (const Word& word : words) {
    for (std::size_t i = 1; i < word.pieces.size(); ++i) {
      frequencies[{word.pieces[i - 1], word.pieces[i]}] += word.frequency;
    }
  }
  Pair best;
  std::uint64_t most = kLeastFrequency - 1;
  for (const auto& [pair, frequency] : frequencies) {
    if (frequency > most && !known.contains(pair.first + pair.second)) {
      best = pair;
      most = frequency;
    }
  }
  return best;
}

/// Joins the pair at all its places, from left to right.
void apply_merge(const Pair& pair, Word& word) {
  std::vector<std::string> pieces;
  for (std::string& piece : word.pieces) {
    // A joined piece is longer than the left one, so it never joins twice.
    if (!pieces.empty() && pieces.back() == pair.first && piece == pair.second) {
      pieces.back() += piece;
    } else {
      pieces.push_back(std::move(piece));
    }
  }
  word.pieces = std::move(pieces);
}

nlohmann::ordered_json special_tokens(const Vocabulary& vocabulary) {
  return {{"bos_token", vocabulary.start_token},
          {"eos_token", vocabulary.end_token},
          {"unk_token", vocabulary.unknown_token},
          {"pad_token", vocabulary.padding_token}};
}

nlohmann::ordered_json tokenizer_settings(const Vocabulary& vocabulary) {
  nlohmann::ordered_json settings = special_tokens(vocabulary);
  settings["tokenizer_class"] = "CLIPTokenizer";
  settings["model_max_length"] = kContextLength;
  settings["do_lower_case"] = true;
  settings["add_prefix_space"] = false;
  settings["errors"] = "replace";
  return settings;
}

}  // namespace

Vocabulary learn_vocabulary(const std::vector<std::string>& texts, std::size_t merges) {
  std::vector<Word> words = count_words(texts);
  std::vector<Pair> learned;
  std::set<std::string> known;
  while (learned.size() < merges) {
    Pair pair = best_pair(words, known);
    if (pair.first.empty()) {
      break;
    }
    for (Word& word : words) {
      apply_merge(pair, word);
    }
    known.insert(pair.first + pair.second);
    learned.push_back(std::move(pair));
  }
  return make_clip_vocabulary(std::move(learned));
}

void save_vocabulary(const Vocabulary& vocabulary, const std::filesystem::path& folder) {
  std::map<std::int32_t, std::string> pieces;
  for (const auto& [piece, id] : vocabulary.ids) {
    pieces.emplace(id, piece);
  }
  nlohmann::ordered_json ids = nlohmann::ordered_json::object();
  for (const auto& [id, piece] : pieces) {
    ids.push_back({piece, id});
  }
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : vocabulary.merges) {
    merges.append(left).append(" ").append(right).append("\n");
  }
  const auto write = [&](const char* name, const std::string& content) {
    write_file_atomic(folder / name, content);
  };
  create_folders(folder);
  write("vocab.json", ids.dump() + "\n");
  write("merges.txt", merges);
  write("special_tokens_map.json", special_tokens(vocabulary).dump(2) + "\n");
  write("tokenizer_config.json", tokenizer_settings(vocabulary).dump(2) + "\n");
}

}  // namespace ptravel::train
