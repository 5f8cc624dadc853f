// Presets: named parts of requests, one file each below the output folder.

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "base/files.h"
#include "ptravel/text_input.h"
#include "server/api_error.h"
#include "server/api_operation.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// Characters: what the document counts, and with four bytes each still a name that files may have.
constexpr std::size_t kLongestName = 50;
constexpr const char* kNamePattern =
    "^[^\\u0000-\\u0020\\u007F./\\\\]([^\\u0000-\\u001F\\u007F/\\\\]*"
    "[^\\u0000-\\u0020\\u007F/\\\\])?$";
constexpr std::size_t kMostPresets = 1000;
constexpr std::string_view kEnding = ".json";

/// The folder of presets. Thread-safe.
class PresetStore {
 public:
  PresetStore(fs::path folder, std::uint64_t most_bytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}

  /// Names in alphabetical order, with what they hold; files that are no presets are left out.
  Json list() const {
    Json presets = Json::array();
    for (const std::string& name : names()) {
      try {
        const Json request = Json::parse(read_file(path_of(name), most_bytes_));
        presets.push_back({{"name", name}, {"request", request}});
      } catch (const std::exception&) {
        continue;  // not ours, or damaged: there is nothing to offer
      }
    }
    return presets;
  }

  void put(const std::string& name, const Json& request) {
    const fs::path path = path_of(name);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_own_file(path) && names().size() >= kMostPresets) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{"name", "would be one more than " + std::to_string(kMostPresets) +
                                      " presets, delete some first"});
    }
    create_folders(folder_);
    write_file_atomic(path, request.dump(2));
  }

  void remove(const std::string& name) {
    const fs::path path = path_of(name);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_own_file(path) || !fs::remove(path)) {
      throw Error(ErrorCode::NotFound, "there is no preset \"" + name + "\"");
    }
  }

 private:
  static bool is_own_file(const fs::path& path) {
    std::error_code error;
    return fs::symlink_status(path, error).type() == fs::file_type::regular;
  }

  static bool is_name(const std::string& name) {
    const auto bad = [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '/' || c == '\\'; };
    const auto length = std::count_if(name.begin(), name.end(), [](unsigned char c) {
      return (c & 0xC0) != 0x80;  // bytes that begin a character
    });
    return !name.empty() && static_cast<std::size_t>(length) <= kLongestName &&
           name.front() != '.' && name.front() != ' ' && name.back() != ' ' &&
           !text_problem(name) && std::none_of(name.begin(), name.end(), bad);
  }

  fs::path path_of(const std::string& name) const {
    if (!is_name(name)) {
      throw Error(
          ErrorCode::InvalidArgument,
          Problem{"name", "\"" + name + "\", expected at most " + std::to_string(kLongestName) +
                              " characters without / and \\, not beginning with a dot"});
    }
    return folder_ / (name + std::string(kEnding));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
      const fs::path& path = at->path();
      if (path.extension() == kEnding && is_own_file(path) && is_name(path.stem().string())) {
        found.push_back(path.stem().string());
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  fs::path folder_;
  std::uint64_t most_bytes_;
  std::mutex mutex_;  // one change at a time
};

/// The preset as it may be kept: names of settings and types of values are checked, the rest is
/// when it is used.
HttpResponse put_preset(PresetStore& presets, const HttpRequest& http) {
  const Json object = parse_json_object(http.body);
  JsonReader body(object);
  if (body.find("request") == nullptr) {
    body.complain("request", "is not given, expected the settings to keep");
  }
  const Json& request = body.object("request");
  TravelRequest read;
  for (const Problem& problem : apply_json(read, json_text(request))) {
    body.complain(problem.field, problem.message);
  }
  body.finish();
  const std::string& name = http.path_value("name");
  presets.put(name, request);
  return json_response(200, json_text({{"name", name}, {"request", request}}));
}

Json preset_schema() {
  return object_schema({{"name", string_schema()}, {"request", {{"type", "object"}}}},
                       {"name", "request"});
}

Json name_schema() {
  return {{"type", "string"}, {"maxLength", kLongestName}, {"pattern", kNamePattern}};
}

Json presets_schema() {
  return object_schema({{"presets", array_schema(preset_schema())}}, {"presets"});
}

}  // namespace

std::vector<ApiOperation> preset_operations(ServerContext& context) {
  const auto presets = std::make_shared<PresetStore>(context.options.out / "presets",
                                                     context.options.limits.body_bytes);
  std::vector<ApiOperation> operations;
  operations.push_back({.method = "GET",
                        .path = "/api/v1/presets",
                        .summary = "Presets by name",
                        .handler =
                            [presets](const HttpRequest&) {
                              return json_response(200, json_text({{"presets", presets->list()}}));
                            },
                        .answers = {json_answer(200, "All presets", presets_schema())}});
  operations.push_back(
      {.method = "PUT",
       .path = "/api/v1/presets/{name}",
       .summary = "Keeps a preset under a name, in place of one of that name",
       .handler = [presets](const HttpRequest& http) { return put_preset(*presets, http); },
       .path_schema = name_schema(),
       .body = object_schema({{"request", schema_ref("Request")}}, {"request"}),
       .answers = {json_answer(200, "The preset", preset_schema())}});
  operations.push_back(
      {.method = "DELETE",
       .path = "/api/v1/presets/{name}",
       .summary = "Deletes a preset",
       .handler =
           [presets](const HttpRequest& http) {
             presets->remove(http.path_value("name"));
             return json_response(200, json_text({{"name", http.path_value("name")}}));
           },
       .path_schema = name_schema(),
       .answers = {
           json_answer(200, "It is gone", object_schema({{"name", string_schema()}}, {"name"}))}});
  return operations;
}

}  // namespace ptravel
