#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/run_parts.h"

namespace ptravel {

// What submitters and workers tell each other over NATS: names of streams and subjects, and
// messages as JSON. No I/O. Whatever is parsed comes from strangers: each text has a bound, each
// number a range, and nothing comes back for what breaks one. docs/scale.md tells them one by one.

/// Where runs are announced: "pt.runs.<run>".
inline constexpr const char* kRunsStream = "PT_RUNS";
inline constexpr const char* kRunsSubjects = "pt.runs.*";
/// Consumers of a run's streams.
inline constexpr const char* kWorkersConsumer = "workers";
inline constexpr const char* kObjectsConsumer = "objects";
inline constexpr const char* kReportsConsumer = "reports";

/// The names that belong to one run.
class RunNames {
 public:
  /// `run`: is_run_name.
  explicit RunNames(std::string run) : run_(std::move(run)) {}
  const std::string& run() const { return run_; }
  std::string announcement() const { return "pt.runs." + run_; }
  std::string work_stream() const { return "PT_WORK_" + run_; }
  std::string work_subjects() const { return "pt.work." + run_ + ".*"; }
  std::string work(std::int64_t first) const {
    return "pt.work." + run_ + "." + std::to_string(first);
  }
  /// The object store's bucket and stream, which also keeps what workers report.
  std::string bucket() const { return "pt_" + run_; }
  std::string objects_stream() const { return "OBJ_" + bucket(); }
  std::string objects_subjects() const { return "$O." + bucket() + ".>"; }
  std::string infos() const { return "$O." + bucket() + ".M.>"; }
  std::string info(std::string_view object) const;
  std::string chunks(const std::string& nuid) const { return "$O." + bucket() + ".C." + nuid; }
  std::string reports() const { return "pt.report." + run_; }

 private:
  std::string run_;
};

/// Whether it is what runs are called: 16 hex digits.
bool is_run_name(std::string_view text);
/// Whether it is what machines are called: 1 to 64 letters, digits, "-", "_", ".".
bool is_machine_name(std::string_view text);
/// Whether it is what an object's parts are called: 1 to 64 letters and digits.
bool is_nuid(std::string_view text);
/// A text of a stranger for people: one line of at most 500 bytes without control characters.
std::string shown_text(std::string_view text);
/// Whether JSON text nests no deeper than `most`, looked at without parsing it.
bool nests_at_most(std::string_view json, int most);

/// A run that waits for workers.
struct Announcement {
  std::string run;
  std::string program_version;
  std::string manifest_sha256;  ///< Of the bytes of the object "travel.json".
  std::string model_name;
  std::string model_sha256;
  std::int64_t frames = 0;
  std::int64_t lease_ms = 0;  ///< How long a worker may say nothing.
  bool operator==(const Announcement&) const = default;
};
std::string to_json(const Announcement& announcement);
std::optional<Announcement> parse_announcement(std::string_view json);

/// A piece of work: frames to draw.
struct WorkPiece {
  std::string run;
  FrameRange frames;
  bool operator==(const WorkPiece&) const = default;
};
std::string to_json(const WorkPiece& piece);
std::optional<WorkPiece> parse_work_piece(std::string_view json);

/// What a worker tells of a piece of work, which is named by its first frame.
struct WorkerReport {
  enum class Kind {
    Began,
    Done,      ///< All of its frames are on the server.
    Failed,    ///< `text` says why.
    GaveBack,  ///< The worker was asked to stop.
    Cannot,    ///< The worker cannot draw this run; `text` says why. No piece.
  };
  Kind kind = Kind::Began;
  std::string machine;
  std::int64_t first = 0;
  std::string text;
  bool operator==(const WorkerReport&) const = default;
};
std::string to_json(const WorkerReport& report);
std::optional<WorkerReport> parse_worker_report(std::string_view json);

/// What an object of the store is, in the words of NATS' own object store, so that its tools
/// list and fetch our objects. `frame` and `machine` are headers of ours.
struct ObjectInfo {
  std::string name;
  std::string bucket;
  std::string nuid;  ///< Names the subject of its parts.
  std::uint64_t size = 0;
  std::uint64_t chunks = 0;
  std::string sha256;       ///< Hex digits; on the way base64 without padding signs lost.
  std::string machine;      ///< Who sent it; empty: the submitter.
  std::int64_t first = -1;  ///< The piece of work that it belongs to; -1: none.
  bool operator==(const ObjectInfo&) const = default;
};
std::string to_json(const ObjectInfo& info);
std::optional<ObjectInfo> parse_object_info(std::string_view json);

/// What an object of a worker is.
struct DrawnObject {
  enum class Kind {
    Frame,
    WalkLog,  ///< walk.json.
    Embryo,   ///< A picture of an embryo: file "embryo.png" or "embryo-00003.png".
  };
  Kind kind = Kind::Frame;
  std::int64_t index = 0;  ///< Of a frame.
  std::string file;        ///< Of an embryo.
};
/// By its name, "frame-00012.<nuid>", "walk.<nuid>", "embryo-00003.<nuid>"; nothing for others.
std::optional<DrawnObject> drawn_object(std::string_view name);
/// The name for a file that a run's drawing leaves ("00012.png", "walk.json", "embryo.png");
/// nothing for files that are made of others later.
std::optional<std::string> object_name(std::string_view file, const std::string& nuid);

}  // namespace ptravel
