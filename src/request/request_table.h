#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptravel/request.h"
#include "request/field_entry.h"
#include "request/parameter_items.h"

namespace ptravel {

/// One row of the table: everything about a setting but its default, which stands at the member.
struct RequestFieldEntry : FieldEntry<TravelRequest> {
  std::vector<ParameterItem> parameters;  ///< Its keys in a picture's parameters text.
  std::string_view shared_key;            ///< The key of another row that has this value, too.
};

/// The one table of all settings.
const std::vector<RequestFieldEntry>& request_table();

/// Fills the table row by row; what is said after add() is of the row that it added.
class RequestTableBuilder {
 public:
  explicit RequestTableBuilder(std::vector<RequestFieldEntry>& rows) : rows_(rows) {}

  /// Heading and scope of the rows that follow.
  RequestTableBuilder& group(std::string_view heading, RequestField::Scope scope) {
    group_ = heading;
    scope_ = scope;
    return *this;
  }

  template <typename Value>
  RequestTableBuilder& add(std::string_view name,
                           std::string_view help,
                           Value TravelRequest::*member,
                           const ValueForm<Value>& form) {
    RequestField field;
    field.name = name;
    field.help = help;
    field.group = group_;
    field.scope = scope_;
    rows_.push_back({make_entry(std::move(field), member, form), {}, {}});
    return *this;
  }

  /// Another scope than the group's.
  RequestTableBuilder& scope(RequestField::Scope scope);
  /// What people call it, where that is not its name with spaces.
  RequestTableBuilder& label(std::string_view text);
  /// A value other than the default that makes sense: texts need one.
  RequestTableBuilder& example(std::string_view text);
  /// In pictures the value stands under `key`, in the form of parameter_text.
  RequestTableBuilder& key(std::string_view key, int place, const When& when = always);
  /// The same, left out while the setting has its default.
  RequestTableBuilder& key_if_changed(std::string_view key, int place, const When& when = always);
  /// The last key's values have other names than the setting's: pairs of the setting's text and the
  /// picture's, of which the first is written and all are read.
  RequestTableBuilder& spelt(const std::vector<std::pair<std::string, std::string>>& spellings);
  /// The last key's text where it is not the value's own.
  RequestTableBuilder& key_text(std::function<std::string(const FrameFacts&)> text);
  /// The value stands in another row's key: "Size".
  RequestTableBuilder& in_key(std::string_view key);
  /// A key that tells which file was used. It is no value to take over, since paths are of one
  /// machine; `member` keeps it for comparing.
  RequestTableBuilder& said(std::string_view key,
                            int place,
                            std::function<std::string(const ModelIdentity&)> text,
                            std::string FrameRequest::*member = nullptr);
  /// A key of any form.
  RequestTableBuilder& item(ParameterItem item);

 private:
  std::vector<RequestFieldEntry>& rows_;
  std::string_view group_;
  RequestField::Scope scope_ = RequestField::Scope::Picture;
};

/// Two settings under one key, "512x768".
ParameterItem size_item(std::string_view key,
                        int place,
                        std::pair<int TravelRequest::*, int TravelRequest::*> sides,
                        std::pair<const char*, const char*> fields,
                        const When& when);

/// Rows of the groups "Sampling" and "Prompt encoding".
void add_sampling_rows(RequestTableBuilder& table);
/// Rows of the groups "Init picture" and "Hires. fix".
void add_picture_rows(RequestTableBuilder& table);

}  // namespace ptravel
