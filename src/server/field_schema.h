#pragma once

#include "ptravel/request.h"
#include "serving/json_body.h"

namespace ptravel {

/// One setting as the page gets it: name, kind, group, label, limits, choices, ...; docs/http.md.
Json field_json(const RequestField& field, const Json& default_value);
/// The schema of that object.
Json field_object_schema();

/// The schema of a setting's JSON value, as apply_json takes it.
Json value_schema(const RequestField& field);

/// JSON Schema (2020-12) of a request in which every setting may be left out.
Json request_schema();
/// For the document: the same of one that can be drawn, which has a prompt.
Json drawn_request_schema();

/// Names of the modes in which the setting has an effect; null: in all.
Json modes_of(const RequestField& field);

}  // namespace ptravel
