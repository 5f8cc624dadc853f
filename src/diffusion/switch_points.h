#pragma once

#include <set>
#include <vector>

#include "ptravel/error.h"

namespace ptravel {

// Prompt editing makes texts take turns during a run. Its schedules are lists of entries, in tokens
// or encoded, that have a member `end_at_step`: their last step, counted in planned model calls
// from 1; ascending.

/// The entry that is active in model call `call`, counted from 0: the first with call <=
/// end_at_step, or the first of all when the calls outnumber the plan (the web UI's rule). At least
/// one entry.
template <typename Entry>
const Entry& active_entry(const std::vector<Entry>& entries, int call) {
  PTRAVEL_CHECK(!entries.empty());
  for (const Entry& entry : entries) {
    if (call <= entry.end_at_step) {
      return entry;
    }
  }
  return entries.front();
}

/// Two entries that are active together when two schedules run side by side.
template <typename Entry>
struct ActivePair {
  int end_at_step = 0;
  const Entry& from;
  const Entry& to;
};

/// One pair for every step at which either schedule switches; refers to the entries.
template <typename Entry>
std::vector<ActivePair<Entry>> pairs_at_switch_points(const std::vector<Entry>& from,
                                                      const std::vector<Entry>& to) {
  std::set<int> ends;
  for (const std::vector<Entry>* entries : {&from, &to}) {
    for (const Entry& entry : *entries) {
      ends.insert(entry.end_at_step);
    }
  }
  std::vector<ActivePair<Entry>> pairs;
  for (const int end : ends) {
    pairs.push_back({end, active_entry(from, end), active_entry(to, end)});
  }
  return pairs;
}

}  // namespace ptravel
