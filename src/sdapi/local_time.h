#pragma once

#include <ctime>
#include <string>

namespace ptravel {

/// What the web UI calls job_timestamp.
inline constexpr const char* kSdTimestamp = "%Y%m%d%H%M%S";

/// A time in this machine's time zone; `format` as strftime takes it, at most 31 characters long.
std::string local_time_text(std::time_t time, const char* format);

}  // namespace ptravel
