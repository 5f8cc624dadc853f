#include "request/picture_request.h"

#include <algorithm>

#include "ptravel/error.h"
#include "request/frame_metadata.h"
#include "request/request_table.h"

namespace ptravel {
namespace {

struct FieldKey {
  std::string_view field;
  std::string_view key;
};

/// The keys that tell fields; of two fields in one key (a size) both must be given to leave it.
const std::vector<FieldKey>& field_keys() {
  static const std::vector<FieldKey> keys = [] {
    std::vector<FieldKey> all;
    for (const RequestFieldEntry& entry : request_table()) {
      for (const ParameterItem& item : entry.parameters) {
        if (!item.of_file) {
          all.push_back({entry.description.name, item.key});
        }
      }
      if (!entry.shared_key.empty()) {
        all.push_back({entry.description.name, entry.shared_key});
      }
    }
    return all;
  }();
  return keys;
}

bool is_given(const std::set<std::string>& given, std::string_view field) {
  return given.count(std::string(field)) > 0;
}

/// Drops what is given beside the picture: a wrong value that nobody uses is no problem. The seed
/// stays as a number, because every picture has one.
void drop_given(Infotext& meant, const std::set<std::string>& given) {
  for (const auto& [field, key] : field_keys()) {
    const bool all = std::all_of(field_keys().begin(), field_keys().end(),
                                 [&, key = key](const FieldKey& other) {
                                   return other.key != key || is_given(given, other.field);
                                 });
    if (all && field != "seed") {
      std::erase_if(meant.items, [key = key](const auto& item) { return item.first == key; });
    }
  }
  if (is_given(given, "seed")) {
    meant.set("Seed", "0");
  }
}

/// Settings that every picture has and this one does not tell: a note with what is taken.
void note_untold(const PictureParameters& parameters,
                 const TravelRequest& request,
                 const std::set<std::string>& given,
                 std::vector<PictureNote>& notes) {
  constexpr FieldKey kNeeded[] = {
      {"steps", "Steps"}, {"sampler", "Sampler"}, {"cfg_scale", "CFG scale"}};
  for (const auto& [field, key] : kNeeded) {
    if (!parameters.meant.find(key) && !is_given(given, field)) {
      notes.push_back(
          {std::string(key) + ": not told, " + request_field_text(request, field) + " is taken",
           ""});
    }
  }
}

/// The key of the picture that tells a field; empty for none.
std::string_view picture_key_of(const std::string& field, const Infotext& meant) {
  if (field == "prompt" || field == "negative_prompt") {
    return field == "prompt" ? "prompt" : "Negative prompt";
  }
  for (const auto& [candidate, key] : field_keys()) {
    if (candidate == field && meant.find(key)) {
      return key;
    }
  }
  return {};
}

[[noreturn]] void refuse(const std::string& name, const std::string& message) {
  throw Error(ErrorCode::InvalidArgument, "[from] " + name + ": " + message);
}

}  // namespace

PictureRequest read_picture_request(const PictureSource& source,
                                    const std::string& name,
                                    const std::set<std::string>& given) {
  auto parameters = read_picture_parameters(source);
  if (!parameters) {
    refuse(name, "has no generation parameters inside");
  }
  std::vector<Problem> problems;
  for (const PictureProblem& problem : parameters->problems) {
    if (problem.field.empty() || !is_given(given, problem.field)) {
      problems.push_back({name, problem.key + ": " + problem.message});
    }
  }
  if (!problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, std::move(problems));
  }
  PictureRequest picture;
  drop_given(parameters->meant, given);
  try {
    picture.frame = parse_frame_parameters(parameters->meant);
  } catch (const Error& error) {
    refuse(name, error.what());
  }
  picture.needs_init_image =
      parameters->meant.find("Denoising strength").has_value() &&
      picture.frame.request.genesis != Genesis::Successive &&
      (!picture.frame.request.hires || !picture.frame.init_image_name.empty());
  note_untold(*parameters, picture.frame.request, given, parameters->notes);
  picture.parameters = std::move(*parameters);
  return picture;
}

void name_picture_keys(std::vector<Problem>& problems,
                       const PictureRequest& picture,
                       const std::string& name,
                       const std::set<std::string>& given) {
  for (Problem& problem : problems) {
    const std::string_view key = picture_key_of(problem.field, picture.parameters.meant);
    if (!key.empty() && !is_given(given, problem.field)) {
      problem.message = std::string(key) + ": " + problem.message;
      problem.field = name;
    }
  }
}

}  // namespace ptravel
