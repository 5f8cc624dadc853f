#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {

/// Runs `action`, which must throw Error(code) with a message that contains `part`.
inline void expect_error(ErrorCode code,
                         const std::string& part,
                         const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "expected an error with \"" << part << "\"";
  } catch (const Error& error) {
    EXPECT_EQ(error_code_name(error.code()), error_code_name(code)) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

}  // namespace ptravel
