#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptravel/request.h"
#include "request/field_entry.h"
#include "request/value_forms.h"

namespace ptravel {

/// The members of one record as they are typed: names and texts.
using RecordText = std::vector<std::pair<std::string, std::string>>;

/// The text form of a list of records: one per line, members with commas between, in the order of
/// the table: "model=detail.safetensors,weight=0.8". A value with a comma, a quotation mark, a line
/// break or white space at an end stands as a JSON string.
std::string format_records(const std::vector<RecordText>& records);

/// Reads that. A first value without a name is the first member's; blank lines are left out.
/// Throws Error(InvalidArgument, message without field) for text that is no such list or a name
/// that is no member.
std::vector<RecordText> parse_records(std::string_view text,
                                      const std::vector<RequestField>& members);

/// A list of records, such as {model, weight, start, end}: `members` is the table of what one has.
/// The members without a value keep the record's default; the first one must be given.
template <typename Record>
ValueForm<std::vector<Record>> records_form(const std::vector<FieldEntry<Record>>& members);

// What the template below is made of.

/// Sets one record from its typed members. Returns what is wrong, naming the member.
template <typename Record>
std::optional<std::string> set_record(Record& record,
                                      const RecordText& typed,
                                      const std::vector<FieldEntry<Record>>& members) {
  bool has_first = false;
  for (const auto& [name, value] : typed) {
    const FieldEntry<Record>* member = find_entry(members, name);
    has_first = has_first || member == &members.front();
    if (const auto problem = member->set(record, value)) {
      return name + ": " + *problem;
    }
  }
  if (!has_first) {
    const RequestField& first = members.front().description;
    return std::string(first.name) + " is missing, expected " + std::string(first.help);
  }
  return std::nullopt;
}

template <typename Record>
ValueForm<std::vector<Record>> records_form(const std::vector<FieldEntry<Record>>& members) {
  ValueForm<std::vector<Record>> form;
  form.shape.kind = RequestField::Kind::Records;
  for (const FieldEntry<Record>& member : members) {
    form.shape.members.push_back(member.description);
  }
  form.shape.limits = limits_text(form.shape);
  form.text = [members](const std::vector<Record>& records) {
    std::vector<RecordText> texts;
    for (const Record& record : records) {
      RecordText& text = texts.emplace_back();
      for (const FieldEntry<Record>& member : members) {
        text.emplace_back(member.description.name, member.text(record));
      }
    }
    return format_records(texts);
  };
  form.set = [members, fields = form.shape.members](
                 std::vector<Record>& records,
                 std::string_view text) -> std::optional<std::string> {
    std::vector<Record> read;
    try {
      for (const RecordText& typed : parse_records(text, fields)) {
        if (const auto problem = set_record(read.emplace_back(), typed, members)) {
          return problem;
        }
      }
    } catch (const Error& error) {
      return error.what();
    }
    records = std::move(read);
    return std::nullopt;
  };
  form.check = [members](const std::vector<Record>& records) -> std::optional<std::string> {
    for (const Record& record : records) {
      for (const FieldEntry<Record>& member : members) {
        if (const auto problem = member.check(record)) {
          return std::string(member.description.name) + ": " + *problem;
        }
      }
    }
    return std::nullopt;
  };
  return form;
}

}  // namespace ptravel
