#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ptravel/run_parts.h"

namespace ptravel {

/// What a submitter knows of a run that strangers draw, and what it decides by it: which pieces of
/// work have to be handed out (again), when all is there, when there is no hope. No I/O, no clock:
/// everything that happens is told, with the time at which it happened, so that a simulation can
/// tell it anything (tests/farm/film_collection_test.cpp).
///
/// A frame is there once arrived() was told and never lost again. A piece is handed out again when
/// its worker says that it is done and frames are missing a while later, and when nothing of the
/// run waits or is at work any more and nothing came for a while: so that no lost message loses a
/// frame. Handing out twice costs time alone.
class FilmCollection {
 public:
  /// Since any moment. A step back counts as no time at all.
  using Time = std::chrono::milliseconds;

  /// So many machines on which a piece fails end the run; where fewer machines take part, as many
  /// failures that they tell of themselves, once each of them has failed or sent rubbish. One
  /// machine that sends rubbish never ends a run.
  static constexpr std::size_t kMostFailures = 3;
  /// A piece that was begun so often and of which nobody said anything again ends machines.
  static constexpr int kMostVanished = 6;
  /// How long frames may be on their way after all work is said to be done.
  static constexpr Time kGrace{3000};

  /// `pieces`: none overlaps another one. `missing`: by frame; those without a piece count as
  /// there. `handed_out`: whether the work was handed out by an earlier process.
  FilmCollection(std::vector<FrameRange> pieces, std::vector<bool> missing, bool handed_out);

  // What happened. A piece is named by its first frame; others than ours are not heard.
  void joined(const std::string& machine);
  void began(std::int64_t piece, const std::string& machine, Time now);
  void done(std::int64_t piece, const std::string& machine, Time now);
  void gave_back(std::int64_t piece, const std::string& machine, Time now);
  /// The machine says that it could not draw it.
  void failed(std::int64_t piece, const std::string& machine, const std::string& why, Time now);
  /// What the machine sent was none of it.
  void sent_rubbish(std::int64_t piece,
                    const std::string& machine,
                    const std::string& why,
                    Time now);
  void arrived(std::int64_t frame, Time now);
  /// How many pieces wait at the server, and how many are at work.
  void queue_seen(std::uint64_t waiting, std::uint64_t at_work, Time now);

  /// Whether a frame is still to come.
  bool wants(std::int64_t frame) const;
  /// The piece that a frame belongs to; nothing for none.
  std::optional<std::int64_t> piece_of(std::int64_t frame) const;
  /// Pieces to hand out now, each of which counts as handed out from now on.
  std::vector<FrameRange> to_hand_out(Time now);
  bool complete() const { return left_ == 0; }
  /// Why the run cannot be drawn; nothing as long as it may.
  const std::optional<std::string>& hopeless() const { return hopeless_; }
  /// Machines that have taken part.
  const std::set<std::string>& machines() const { return machines_; }

 private:
  struct Piece {
    FrameRange frames;
    bool to_hand_out = false;
    std::optional<Time> said_done;
    std::map<std::string, int> failures;  // that machines told of themselves
    std::set<std::string> failed_on;      // those, and machines that sent rubbish
    std::map<std::string, int> begun;     // by machine, since something was heard of it
    std::string reasons;
  };
  Piece* find(std::int64_t first);
  /// The piece of which a machine says something.
  Piece* heard(std::int64_t first, const std::string& machine, Time now);
  bool lacks_frames(const Piece& piece) const;
  void add_reason(Piece& piece, const std::string& machine, const std::string& why);
  void judge(const Piece& piece);
  Time passed(Time now);

  std::map<std::int64_t, Piece> pieces_;  // by first frame
  std::vector<bool> missing_;
  std::int64_t left_ = 0;
  std::set<std::string> machines_;
  std::optional<std::string> hopeless_;
  std::optional<Time> heard_;  // the last time of a caller
  Time clock_{0};              // time that has passed, which never goes back
  Time last_news_{0};          // in that time
  bool queue_is_empty_ = false;
};

}  // namespace ptravel
