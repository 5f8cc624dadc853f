// Reading of flat JSON objects by tables.

#include <algorithm>

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;

bool fits(std::string_view member, std::string_view pattern) {
  return pattern.ends_with('*') ? member.starts_with(pattern.substr(0, pattern.size() - 1))
                                : member == pattern;
}

/// A scalar, or strings of an array with commas between them (Fooocus's prompts after styles).
std::string value_text(const Json& value) {
  if (!value.is_array()) {
    return scalar_text(value);
  }
  std::string joined;
  for (const Json& element : value) {
    joined += (joined.empty() ? "" : ", ") + scalar_text(element);
  }
  return joined;
}

/// What a note calls the value of a member.
std::string note_text(const Json& value) {
  if (value.is_object() || value.is_array()) {
    return value.empty() ? "" : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return scalar_text(value);
}

void apply(std::string_view key, const Json& value, PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  const std::string text = value_text(value);
  if (value.is_null()) {
    return;
  }
  if (key == "prompt") {
    meant.prompt = text;
  } else if (key == "negative") {
    meant.negative_prompt = text;
  } else if (key == "sampler") {
    draft.sampler = text;
  } else if (key == "schedule") {
    draft.schedule = text;
  } else if (key == "Size") {
    meant.set("Size", size_of_text(text));
  } else {
    meant.set(key, text);
  }
}

void tell_unless_at_rest(const MemberRule& rule,
                         std::string_view name,
                         const Json& value,
                         PictureDraft& draft) {
  const std::string text = note_text(value);
  const std::vector<std::string_view> rest = split(rule.rest, '|');
  if (!text.empty() && std::find(rest.begin(), rest.end(), text) == rest.end()) {
    draft.keys.tell(rule.effect, name, text, rule.member);
  }
}

/// Width and height stand apart in JSON.
void join_size(Infotext& meant) {
  const auto width = meant.find("width");
  const auto height = meant.find("height");
  if (width && height) {
    meant.set("Size", *width + "x" + *height);
  }
  std::erase_if(meant.items,
                [](const auto& item) { return item.first == "width" || item.first == "height"; });
}

}  // namespace

std::string size_of_text(std::string_view text) {
  std::string numbers;
  int count = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] < '0' || text[i] > '9') {
      ++i;
      continue;
    }
    numbers += count++ > 0 ? "x" : "";
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      numbers += text[i++];
    }
  }
  return count == 2 ? numbers : std::string(text);
}

void read_members(const Json& object, std::span<const MemberRule> rules, PictureDraft& draft) {
  if (!object.is_object()) {
    return;
  }
  for (const auto& [member, value] : object.items()) {
    const std::string& name = member;
    const auto rule =
        std::find_if(rules.begin(), rules.end(),
                     [&name](const MemberRule& candidate) { return fits(name, candidate.member); });
    if (rule == rules.end()) {
      draft.keys.add(KeyEffect::Unknown, name, note_text(value));
    } else if (!rule->key.empty()) {
      apply(rule->key, value, draft);
    } else if (!rule->rest.empty()) {
      tell_unless_at_rest(*rule, name, value, draft);
    } else {
      draft.leave_out(rule->effect, name, note_text(value), rule->member);
    }
  }
  join_size(draft.result.meant);
}

PictureDraft flat_draft(PictureProgram program,
                        PromptScheme scheme,
                        const Json& object,
                        std::span<const MemberRule> rules) {
  PictureDraft draft;
  draft.result.program = program;
  draft.scheme = scheme;
  draft.sampler_key = "sampler";
  read_members(object, rules, draft);
  if (!draft.sampler.empty()) {
    draft.result.meant.set("Sampler", draft.sampler);
  }
  return draft;
}

void note_likeness(PictureDraft& draft) {
  draft.note(std::string(kPictureProgramNames.name(draft.result.program)) +
             " computes otherwise in parts: the picture will be like it, not equal");
}

}  // namespace ptravel
