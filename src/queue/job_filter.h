#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queue/job_record.h"

namespace ptravel {

/// Which jobs a list shows.
struct JobFilter {
  std::vector<QueueState> states;  ///< Empty: all.
  std::string search;              ///< In names and prompts, ignoring case; empty: all.
  std::int64_t before = 0;         ///< Only numbers below; 0: from the newest on.
  int limit = 50;                  ///< 1 to 200; others are brought there.
  bool trashed = false;            ///< Those in the trash instead.
};

}  // namespace ptravel
