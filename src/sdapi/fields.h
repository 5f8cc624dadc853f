#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "sdapi/answers.h"
#include "serving/json_body.h"

namespace ptravel {

/// How a field's value is converted. Numbers may come as texts, whole numbers with a fraction (it
/// is cut off), texts as numbers, truths as 0 and 1; null stands for the default everywhere.
enum class SdType { Text, Integer, Number, Boolean, Texts, List, Object, Any };

/// One field of a request to the web UI's API.
struct SdField {
  std::string_view name;
  SdType type = SdType::Text;
  /// The default as JSON text; "null" for none.
  std::string_view initial = "null";
  bool required = false;
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
};

/// A request's fields after conversion: every field of the table in its order, of its type, or null
/// where it has no value.
class SdBody {
 public:
  explicit SdBody(Json values, std::set<std::string, std::less<>> given)
      : values_(std::move(values)), given_(std::move(given)) {}

  const Json& values() const { return values_; }
  const Json& value(std::string_view field) const;
  /// Whether the request has the field, null included.
  bool is_given(std::string_view field) const { return given_.contains(field); }
  bool has_value(std::string_view field) const { return !value(field).is_null(); }
  /// Where there is no value: "", 0, false.
  std::string text(std::string_view field) const;
  std::int64_t integer(std::string_view field) const;
  double number(std::string_view field) const;
  bool boolean(std::string_view field) const;
  std::vector<std::string> texts(std::string_view field) const;
  void set(std::string_view field, Json value) { values_[std::string(field)] = std::move(value); }

 private:
  Json values_;
  std::set<std::string, std::less<>> given_;
};

/// A value of this type, or what is wrong with it. `value` is not null.
struct SdConverted {
  Json value;
  std::optional<SdProblem> problem;  ///< Its location is relative to the field.
};
SdConverted convert_sd_value(const SdField& field, const Json& value);

/// The request's body as a JSON object. Throws SdRefusal (422): no body, another content type than
/// JSON, no JSON, no object. An absent content type counts as JSON, as in the original.
Json sd_body_object(const HttpRequest& request);

/// Reads the body by the table; unknown members are ignored. Throws SdRefusal with one entry for
/// each wrong field.
SdBody read_sd_body(const HttpRequest& request, std::span<const SdField> fields);
SdBody read_sd_object(const Json& object, std::span<const SdField> fields);

}  // namespace ptravel
