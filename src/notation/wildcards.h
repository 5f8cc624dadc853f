#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// Texts that are drawn in place of "__name__": from the lines of name.txt, name with "/" for
/// sub-folders. Empty lines and those that begin with "#" do not count. Lines may hold wildcards
/// themselves. Every draw depends on the seed and on how many there were before, and on nothing
/// else.
class Wildcards {
 public:
  /// Of two folders that have a file, the first one's counts.
  Wildcards(std::vector<std::filesystem::path> folders, std::uint64_t seed)
      : folders_(std::move(folders)), seed_(seed) {}

  /// Whether a text has what may be a wildcard.
  static bool occurs_in(std::string_view text);

  /// The text with every wildcard drawn. One without a file stays as it is, and is told in
  /// missing(). Throws Error(InvalidArgument) with a problem of `field` for a file without lines,
  /// and for wildcards that lead to themselves.
  std::string draw(std::string_view text, std::string_view field);

  /// What was drawn, in order: "colour: red".
  const std::vector<std::string>& drawn() const { return drawn_; }
  /// The names that no file has, in the order they came, once each.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  const std::vector<std::string>* lines_of(const std::string& name);
  std::string draw_within(std::string_view text,
                          std::string_view field,
                          std::vector<std::string>& open);

  std::vector<std::filesystem::path> folders_;
  std::uint64_t seed_;
  std::int64_t draws_ = 0;
  std::map<std::string, std::vector<std::string>> files_;
  std::vector<std::string> drawn_;
  std::vector<std::string> missing_;
};

}  // namespace ptravel
