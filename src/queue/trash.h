#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "queue/queue_parts.h"

namespace ptravel {

/// Removes jobs that have been in the trash long enough, with their run folders, in a thread of its
/// own. A folder is put away first and its job forgotten, then the files go: whatever interrupts
/// it, the next start goes on with it, and no folder that somebody else made meanwhile is touched.
class Trash {
 public:
  /// `parts` outlives it.
  explicit Trash(QueueParts& parts) : parts_(parts) {}
  ~Trash() { stop(); }
  void start();
  void stop();

  /// Keeps a job's run folder from being removed while it lives.
  class Hold {
   public:
    Hold(Trash& trash, std::string id);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Trash& trash_;
    std::string id_;
  };

 private:
  void loop();
  void remove_old();
  bool forget(const std::string& id);
  bool is_held(const std::string& id);

  QueueParts& parts_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::multiset<std::string> held_;
  bool stopping_ = false;
  std::thread thread_;
  std::mutex joining_;  // held by who waits for the thread's end
};

}  // namespace ptravel
