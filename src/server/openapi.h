#pragma once

#include <span>

#include "server/api_operation.h"

namespace ptravel {

/// The OpenAPI 3.1 document of these operations.
Json openapi_document(std::span<const ApiOperation> operations, const ServeLimits& limits);

/// The schemas that operations refer to by name: Job, Error, Request, ...
Json schema_components();

}  // namespace ptravel
