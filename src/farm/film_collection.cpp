#include "farm/film_collection.h"

#include <algorithm>
#include <utility>

#include "farm/nats_pieces.h"

namespace ptravel {
namespace {

/// A clock that jumps further than this did not measure what passed.
constexpr FilmCollection::Time kLongestStep{60'000};
constexpr std::size_t kMostMachines = 10'000;
constexpr std::size_t kLongestReasons = 2000;

int sum(const std::map<std::string, int>& counts) {
  int total = 0;
  for (const auto& [machine, count] : counts) {
    total += count;
  }
  return total;
}

}  // namespace

FilmCollection::FilmCollection(std::vector<FrameRange> pieces,
                               std::vector<bool> missing,
                               bool handed_out)
    : missing_(missing.size(), false) {
  for (const FrameRange& frames : pieces) {
    for (std::int64_t frame = frames.begin; frame < frames.end; ++frame) {
      missing_.at(static_cast<std::size_t>(frame)) = missing[static_cast<std::size_t>(frame)];
    }
    Piece piece;
    piece.frames = frames;
    piece.to_hand_out = !handed_out && lacks_frames(piece);
    pieces_.emplace(frames.begin, std::move(piece));
  }
  left_ = std::ranges::count(missing_, true);
}

FilmCollection::Time FilmCollection::passed(Time now) {
  const Time step = heard_ ? now - *heard_ : Time{0};
  heard_ = now;
  clock_ += std::clamp(step, Time{0}, kLongestStep);
  return clock_;
}

FilmCollection::Piece* FilmCollection::find(std::int64_t first) {
  const auto found = pieces_.find(first);
  return found == pieces_.end() ? nullptr : &found->second;
}

bool FilmCollection::lacks_frames(const Piece& piece) const {
  return std::find(missing_.begin() + piece.frames.begin, missing_.begin() + piece.frames.end,
                   true) != missing_.begin() + piece.frames.end;
}

bool FilmCollection::wants(std::int64_t frame) const {
  return frame >= 0 && frame < static_cast<std::int64_t>(missing_.size()) &&
         missing_[static_cast<std::size_t>(frame)];
}

std::optional<std::int64_t> FilmCollection::piece_of(std::int64_t frame) const {
  const auto behind = pieces_.upper_bound(frame);
  if (behind == pieces_.begin()) {
    return std::nullopt;
  }
  const Piece& piece = std::prev(behind)->second;
  return frame < piece.frames.end ? std::optional(piece.frames.begin) : std::nullopt;
}

void FilmCollection::joined(const std::string& machine) {
  if (machines_.size() < kMostMachines) {
    machines_.insert(machine);
  }
}

void FilmCollection::judge(const Piece& piece) {
  if (hopeless_ || !lacks_frames(piece)) {
    return;
  }
  const bool on_each = piece.failed_on.size() >= machines_.size() &&
                       sum(piece.failures) >= static_cast<int>(kMostFailures);
  if (piece.failed_on.size() >= kMostFailures || on_each) {
    hopeless_ = frames_words(piece.frames) + " failed on " +
                std::to_string(piece.failed_on.size()) +
                (piece.failed_on.size() == 1 ? " machine: " : " machines: ") + piece.reasons;
  } else if (sum(piece.begun) > kMostVanished) {
    std::string names;
    for (const auto& [machine, count] : piece.begun) {
      names += (names.empty() ? "" : ", ") + machine;
    }
    hopeless_ = frames_words(piece.frames) + " was begun " + std::to_string(sum(piece.begun)) +
                " times by " + names.substr(0, kLongestReasons) +
                " and never ended: it takes its machines with it";
  }
}

FilmCollection::Piece* FilmCollection::heard(std::int64_t first,
                                             const std::string& machine,
                                             Time now) {
  last_news_ = passed(now);
  joined(machine);
  return find(first);
}

void FilmCollection::began(std::int64_t first, const std::string& machine, Time now) {
  if (Piece* const piece = heard(first, machine, now); piece != nullptr) {
    ++piece->begun[machine];
    judge(*piece);
  }
}

void FilmCollection::done(std::int64_t first, const std::string& machine, Time now) {
  if (Piece* const piece = heard(first, machine, now); piece != nullptr) {
    piece->begun.clear();
    piece->said_done = clock_;
  }
}

void FilmCollection::gave_back(std::int64_t first, const std::string& machine, Time now) {
  if (Piece* const piece = heard(first, machine, now); piece != nullptr) {
    piece->begun.erase(machine);
  }
}

void FilmCollection::add_reason(Piece& piece, const std::string& machine, const std::string& why) {
  piece.begun.erase(machine);
  if (piece.failed_on.insert(machine).second && piece.reasons.size() < kLongestReasons) {
    piece.reasons += (piece.reasons.empty() ? "" : "; ") + machine + ": " + why;
  }
}

void FilmCollection::failed(std::int64_t first,
                            const std::string& machine,
                            const std::string& why,
                            Time now) {
  if (Piece* const piece = heard(first, machine, now); piece != nullptr) {
    ++piece->failures[machine];
    add_reason(*piece, machine, why);
    judge(*piece);
  }
}

void FilmCollection::sent_rubbish(std::int64_t first,
                                  const std::string& machine,
                                  const std::string& why,
                                  Time now) {
  if (Piece* const piece = heard(first, machine, now); piece != nullptr) {
    add_reason(*piece, machine, why);
    judge(*piece);
  }
}

void FilmCollection::arrived(std::int64_t frame, Time now) {
  last_news_ = passed(now);
  if (wants(frame)) {
    missing_[static_cast<std::size_t>(frame)] = false;
    --left_;
  }
}

void FilmCollection::queue_seen(std::uint64_t waiting, std::uint64_t at_work, Time now) {
  passed(now);
  queue_is_empty_ = waiting == 0 && at_work == 0;
}

std::vector<FrameRange> FilmCollection::to_hand_out(Time now) {
  passed(now);
  const bool all_again = queue_is_empty_ && clock_ - last_news_ >= kGrace;
  std::vector<FrameRange> out;
  for (auto& [first, piece] : pieces_) {
    const bool lied = piece.said_done && clock_ - *piece.said_done >= kGrace;
    if ((piece.to_hand_out || lied || all_again) && lacks_frames(piece)) {
      out.push_back(piece.frames);
      piece.to_hand_out = false;
      piece.said_done.reset();
    }
  }
  if (!out.empty()) {
    last_news_ = clock_;
    queue_is_empty_ = false;
  }
  return out;
}

}  // namespace ptravel
