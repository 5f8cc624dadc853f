#include <optional>

#include "base/text.h"
#include "media/infotext.h"
#include "ptravel/error.h"
#include "request/request_table.h"
#include "request/value_forms.h"

namespace ptravel {
namespace {

/// The item of a setting under a key: written and read in the setting's own form.
ParameterItem own_item(const FieldEntry<TravelRequest>& entry,
                       std::string_view key,
                       int place,
                       const When& when) {
  ParameterItem item{key, place, {}, {}};
  item.text = [entry, when](const FrameFacts& facts) -> std::optional<std::string> {
    if (!when(facts)) {
      return std::nullopt;
    }
    return parameter_text(entry.description, entry.text(facts.request));
  };
  item.read = [entry](FrameRequest& frame, const std::string& value) {
    return entry.set(frame.request, text_of_parameter(entry.description, value));
  };
  return item;
}

}  // namespace

ParameterItem size_item(std::string_view key,
                        int place,
                        std::pair<int TravelRequest::*, int TravelRequest::*> sides,
                        std::pair<const char*, const char*> fields,
                        const When& when) {
  return {
      key, place,
      [=](const FrameFacts& facts) {
        return when(facts) ? std::optional(
                                 size_text(facts.request.*sides.first, facts.request.*sides.second))
                           : std::nullopt;
      },
      [=](FrameRequest& frame, const std::string& value) -> std::optional<std::string> {
        const auto size = parse_infotext_size(value);
        if (!size) {
          return wrong_value(value, "a size such as 512x512");
        }
        auto problem = set_request_field(frame.request, fields.first, std::to_string(size->first));
        if (!problem) {
          problem = set_request_field(frame.request, fields.second, std::to_string(size->second));
        }
        return problem ? std::optional(problem->message) : std::nullopt;
      }};
}

RequestTableBuilder& RequestTableBuilder::scope(RequestField::Scope scope) {
  rows_.back().description.scope = scope;
  return *this;
}

RequestTableBuilder& RequestTableBuilder::label(std::string_view text) {
  rows_.back().description.label = text;
  return *this;
}

RequestTableBuilder& RequestTableBuilder::example(std::string_view text) {
  rows_.back().description.example = text;
  return *this;
}

RequestTableBuilder& RequestTableBuilder::key(std::string_view key, int place, const When& when) {
  return item(own_item(rows_.back(), key, place, when));
}

RequestTableBuilder& RequestTableBuilder::key_if_changed(std::string_view key,
                                                         int place,
                                                         const When& when) {
  const FieldEntry<TravelRequest>& entry = rows_.back();
  return this->key(key, place, [entry, when](const FrameFacts& facts) {
    return entry.text(facts.request) != entry.text(TravelRequest{}) && when(facts);
  });
}

RequestTableBuilder& RequestTableBuilder::spelt(
    const std::vector<std::pair<std::string, std::string>>& spellings) {
  ParameterItem& item = rows_.back().parameters.back();
  item.text = [own = item.text, spellings](const FrameFacts& facts) {
    std::optional<std::string> text = own(facts);
    for (const auto& [name, spelling] : spellings) {
      if (text && *text == name) {
        return std::optional(spelling);
      }
    }
    return text;
  };
  item.read = [own = item.read, spellings](FrameRequest& frame, const std::string& value) {
    for (const auto& [name, spelling] : spellings) {
      if (value == spelling) {
        return own(frame, name);
      }
    }
    return own(frame, value);
  };
  return *this;
}

RequestTableBuilder& RequestTableBuilder::key_text(
    std::function<std::string(const FrameFacts&)> text) {
  ParameterItem& item = rows_.back().parameters.back();
  item.text = [own = item.text, text = std::move(text)](const FrameFacts& facts) {
    return own(facts) ? std::optional(text(facts)) : std::nullopt;
  };
  return *this;
}

RequestTableBuilder& RequestTableBuilder::in_key(std::string_view key) {
  rows_.back().shared_key = key;
  return *this;
}

RequestTableBuilder& RequestTableBuilder::said(
    std::string_view key,
    int place,
    std::function<std::string(const ModelIdentity&)> text,
    std::string FrameRequest::*member) {
  ParameterItem said{key, place, {}, {}, true};
  said.text = [text = std::move(text)](const FrameFacts& facts) {
    std::string value = text(facts.model);
    return value.empty() ? std::nullopt : std::optional(std::move(value));
  };
  if (member != nullptr) {
    said.read = [member](FrameRequest& frame, const std::string& value) {
      frame.*member = value;
      return std::optional<std::string>();
    };
  }
  return item(std::move(said));
}

RequestTableBuilder& RequestTableBuilder::item(ParameterItem item) {
  rows_.back().parameters.push_back(std::move(item));
  return *this;
}

}  // namespace ptravel
