#include "farm/nats_messages.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/enum_names.h"
#include "base/sha256.h"
#include "base/text.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestMessage = 16 * 1024;
constexpr int kDeepest = 6;
constexpr std::size_t kLongestText = 500;
constexpr std::int64_t kMostFrames = 100'000'000;
constexpr std::int64_t kLongestLease = 24 * 3600 * 1000;
constexpr std::uint64_t kLargestObject = std::uint64_t{1} << 32;
constexpr std::string_view kDigest = "SHA-256=";

constexpr auto kKindNames =
    enum_names<WorkerReport::Kind>({{WorkerReport::Kind::Began, "began"},
                                    {WorkerReport::Kind::Done, "done"},
                                    {WorkerReport::Kind::Failed, "failed"},
                                    {WorkerReport::Kind::GaveBack, "gave back"},
                                    {WorkerReport::Kind::Cannot, "cannot"}});

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Base64 for names and digests (RFC 4648, section 5), with padding.
std::string to_url_base64(std::string_view bytes) {
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string hex_of_bytes(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

/// "" for what is no sha256.
std::string hex_of_digest(std::string_view digest) {
  if (!digest.starts_with(kDigest) || digest.size() > 100) {
    return "";
  }
  std::string text(digest.substr(kDigest.size()));
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  const auto bytes = from_base64(text);
  return bytes && bytes->size() == 32 ? hex_of_bytes(*bytes) : "";
}

/// A message's members; a null value for anything else than a small object.
Json parsed(std::string_view json) {
  if (json.size() > kLongestMessage || !nests_at_most(json, kDeepest)) {
    return nullptr;
  }
  Json object = Json::parse(json, nullptr, false);
  return object.is_object() ? object : Json(nullptr);
}

std::optional<std::string> text_at(const Json& object, const char* key, std::size_t longest) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return std::nullopt;
  }
  auto text = found->get<std::string>();
  return text.size() <= longest ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<std::int64_t> number_at(const Json& object,
                                      const char* key,
                                      std::int64_t least,
                                      std::int64_t most) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{1} << 62) {
    return std::nullopt;
  }
  const auto number = found->get<std::int64_t>();
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

std::string dumped(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A header's only value; "" where it is none.
std::string header_at(const Json& object, const char* key) {
  const auto headers = object.find("headers");
  if (headers == object.end() || !headers->is_object()) {
    return "";
  }
  const auto found = headers->find(key);
  const bool one = found != headers->end() && found->is_array() && found->size() == 1 &&
                   found->front().is_string();
  return one ? found->front().get<std::string>() : "";
}

/// The number in "00012".
std::optional<std::int64_t> frame_number(std::string_view digits) {
  const bool fits = digits.size() >= 5 && digits.size() <= 9 &&
                    digits.find_first_not_of("0123456789") == std::string_view::npos;
  return fits ? parse_integer(digits) : std::nullopt;
}

}  // namespace

std::string RunNames::info(std::string_view object) const {
  return "$O." + bucket() + ".M." + to_url_base64(object);
}

bool is_run_name(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_machine_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool is_nuid(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_letter_or_digit);
}

std::string shown_text(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, kLongestText)) {
    const auto byte = static_cast<unsigned char>(c);
    // Bytes of other scripts are shown as they are, except those of C1 controls (U+0080 to 9F).
    const bool control = byte < 0x20 || byte == 0x7f;
    const bool c1 = !shown.empty() && shown.back() == '\xc2' && byte >= 0x80 && byte < 0xa0;
    if (c1) {
      shown.back() = ' ';
    }
    shown += control || c1 ? ' ' : c;
  }
  return shown;
}

bool nests_at_most(std::string_view json, int most) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      i += c == '\\' ? 1 : 0;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most) {
        return false;
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

std::string to_json(const Announcement& announcement) {
  return dumped({{"format", 1},
                 {"run", announcement.run},
                 {"version", announcement.program_version},
                 {"manifest_sha256", announcement.manifest_sha256},
                 {"model_name", announcement.model_name},
                 {"model_sha256", announcement.model_sha256},
                 {"frames", announcement.frames},
                 {"lease_ms", announcement.lease_ms}});
}

std::optional<Announcement> parse_announcement(std::string_view json) {
  const Json object = parsed(json);
  if (object.is_null() || number_at(object, "format", 1, 1) != 1) {
    return std::nullopt;
  }
  const auto run = text_at(object, "run", 16);
  const auto version = text_at(object, "version", 100);
  const auto manifest = text_at(object, "manifest_sha256", 64);
  const auto model_name = text_at(object, "model_name", kLongestText);
  const auto model = text_at(object, "model_sha256", 64);
  const auto frames = number_at(object, "frames", 1, kMostFrames);
  const auto lease = number_at(object, "lease_ms", 100, kLongestLease);
  if (!run || !is_run_name(*run) || !version || !manifest || !is_sha256(*manifest) || !model_name ||
      !model || !is_sha256(*model) || !frames || !lease) {
    return std::nullopt;
  }
  return Announcement{*run, *version, *manifest, shown_text(*model_name), *model, *frames, *lease};
}

std::string to_json(const WorkPiece& piece) {
  return dumped({{"format", 1},
                 {"run", piece.run},
                 {"first", piece.frames.begin},
                 {"last", piece.frames.end - 1}});
}

std::optional<WorkPiece> parse_work_piece(std::string_view json) {
  const Json object = parsed(json);
  if (object.is_null() || number_at(object, "format", 1, 1) != 1) {
    return std::nullopt;
  }
  const auto run = text_at(object, "run", 16);
  const auto first = number_at(object, "first", 0, kMostFrames - 1);
  const auto last = number_at(object, "last", 0, kMostFrames - 1);
  if (!run || !is_run_name(*run) || !first || !last || *last < *first) {
    return std::nullopt;
  }
  return WorkPiece{*run, {*first, *last + 1}};
}

std::string to_json(const WorkerReport& report) {
  return dumped({{"format", 1},
                 {"kind", std::string(kKindNames.name(report.kind))},
                 {"machine", report.machine},
                 {"first", report.first},
                 {"text", shown_text(report.text)}});
}

std::optional<WorkerReport> parse_worker_report(std::string_view json) {
  const Json object = parsed(json);
  if (object.is_null() || number_at(object, "format", 1, 1) != 1) {
    return std::nullopt;
  }
  const auto kind = text_at(object, "kind", 20);
  const auto known = kind ? kKindNames.parse(*kind) : std::nullopt;
  const auto machine = text_at(object, "machine", 64);
  const auto first = number_at(object, "first", 0, kMostFrames - 1);
  const auto text = text_at(object, "text", kLongestMessage);
  if (!known || !machine || !is_machine_name(*machine) || !first || !text) {
    return std::nullopt;
  }
  return WorkerReport{*known, *machine, *first, shown_text(*text)};
}

std::string to_json(const ObjectInfo& info) {
  Json object = {{"name", info.name}};
  if (!info.machine.empty()) {
    object["headers"] = {{"Pt-Machine", {info.machine}},
                         {"Pt-Piece", {std::to_string(info.first)}}};
  }
  object["options"] = {{"max_chunk_size", 128 * 1024}};
  object["bucket"] = info.bucket;
  object["nuid"] = info.nuid;
  object["size"] = info.size;
  object["mtime"] = "0001-01-01T00:00:00Z";
  object["chunks"] = info.chunks;
  object["digest"] = std::string(kDigest) + to_url_base64(bytes_of_hex(info.sha256));
  return dumped(object);
}

std::optional<ObjectInfo> parse_object_info(std::string_view json) {
  const Json object = parsed(json);
  if (object.is_null()) {
    return std::nullopt;
  }
  const auto name = text_at(object, "name", 200);
  const auto bucket = text_at(object, "bucket", 100);
  const auto nuid = text_at(object, "nuid", 64);
  const auto size = number_at(object, "size", 0, kLargestObject);
  const auto chunks = number_at(object, "chunks", 0, kLargestObject);
  const auto digest = text_at(object, "digest", 100);
  const std::string machine = header_at(object, "Pt-Machine");
  const auto first = parse_integer(header_at(object, "Pt-Piece"));
  if (!name || !bucket || !nuid || !is_nuid(*nuid) || !size || !chunks || !digest ||
      (!machine.empty() && !is_machine_name(machine))) {
    return std::nullopt;
  }
  ObjectInfo info{*name,
                  *bucket,
                  *nuid,
                  static_cast<std::uint64_t>(*size),
                  static_cast<std::uint64_t>(*chunks),
                  hex_of_digest(*digest),
                  machine,
                  first && *first >= 0 && *first < kMostFrames ? *first : -1};
  return is_sha256(info.sha256) ? std::optional(std::move(info)) : std::nullopt;
}

std::optional<DrawnObject> drawn_object(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || !is_nuid(name.substr(dot + 1))) {
    return std::nullopt;
  }
  const std::string_view what = name.substr(0, dot);
  if (what == "walk") {
    return DrawnObject{DrawnObject::Kind::WalkLog, 0, ""};
  }
  if (what == "embryo") {
    return DrawnObject{DrawnObject::Kind::Embryo, 0, "embryo.png"};
  }
  const std::size_t dash = what.find('-');
  const auto number = dash == std::string_view::npos ? std::optional<std::int64_t>()
                                                     : frame_number(what.substr(dash + 1));
  if (number && what.starts_with("frame-")) {
    return DrawnObject{DrawnObject::Kind::Frame, *number, ""};
  }
  if (number && what.starts_with("embryo-")) {
    return DrawnObject{DrawnObject::Kind::Embryo, 0, std::string(what) + ".png"};
  }
  return std::nullopt;
}

std::optional<std::string> object_name(std::string_view file, const std::string& nuid) {
  std::string what;
  if (file == "walk.json") {
    what = "walk";
  } else if (file.ends_with(".png") && file.starts_with("embryo")) {
    what = file.substr(0, file.size() - 4);
  } else if (file.ends_with(".png") && frame_number(file.substr(0, file.size() - 4))) {
    what = "frame-" + std::string(file.substr(0, file.size() - 4));
  }
  const std::string name = what + "." + nuid;
  return !what.empty() && drawn_object(name) ? std::optional(name) : std::nullopt;
}

}  // namespace ptravel
