#pragma once

#include <string_view>

#include "ptravel/error.h"

namespace ptravel {

/// The code with that name (error_code_name); Internal for a name that is none.
ErrorCode error_code_of(std::string_view name);

}  // namespace ptravel
