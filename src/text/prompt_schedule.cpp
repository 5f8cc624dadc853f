#include "text/prompt_schedule.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "ptravel/error.h"
#include "text/prompt_number.h"
#include "text/schedule_tree.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

using Kind = ScheduleNode::Kind;

/// The steps of the pass that is meant, and what positions count from.
struct Timeline {
  int steps;
  int steps_before = 0;        ///< Integers count on from the first pass.
  double fraction_before = 0;  ///< Fractions 0 to 1 are the first pass, 1 to 2 the second.
  bool old_scheduling;

  explicit Timeline(const PromptScheduleOptions& options)
      : steps(options.steps), old_scheduling(options.old_scheduling) {
    if (options.hires_steps && !options.old_scheduling) {
      steps = *options.hires_steps;
      steps_before = options.steps;
      fraction_before = 1.0;
    }
  }

  /// The last step of what stands before the change, cut to the pass; below 1 for none.
  int when(std::u32string_view number) const {
    double value = parse_prompt_number(number).value_or(0.0);
    if (old_scheduling) {
      value = value < 1 ? value * steps : value;
    } else if (number.find(U'.') != std::u32string_view::npos) {
      value = (value - fraction_before) * steps;
    } else {
      value = value - steps_before;
    }
    return static_cast<int>(std::clamp(value, -1.0, static_cast<double>(steps)));
  }
};

void check_steps(const char* name, int steps) {
  if (steps < 1) {
    throw Error(
        ErrorCode::InvalidArgument,
        std::string("[prompt] ") + name + ": expected at least 1, got " + std::to_string(steps));
  }
}

/// The steps at which the text may change.
std::set<int> boundaries(const ScheduleTree& tree, const Timeline& timeline) {
  std::set<int> steps = {timeline.steps};
  bool alternates = false;
  for (const ScheduleNode& node : tree.nodes) {
    if (node.kind == Kind::Schedule) {
      if (const int when = timeline.when(node.number); when >= 1) {
        steps.insert(when);
      }
    }
    alternates = alternates || node.kind == Kind::Alternation;
  }
  for (int step = 1; alternates && step <= timeline.steps; ++step) {
    steps.insert(step);
  }
  return steps;
}

/// The text at one step. Pieces that are still to come lie on a stack of their own.
class Renderer {
 public:
  Renderer(const ScheduleTree& tree, const Timeline& timeline) : tree_(tree), timeline_(timeline) {}

  std::string render(int step) {
    std::string text;
    push(tree_.root);
    while (!pending_.empty()) {
      const Piece piece = pending_.back();
      pending_.pop_back();
      text += encode_utf8(piece.text);
      if (piece.node != nullptr) {
        open(*piece.node, step);
      }
    }
    return text;
  }

 private:
  /// A node, or a text when that is null.
  struct Piece {
    const ScheduleNode* node = nullptr;
    std::u32string_view text = {};
  };

  void open(const ScheduleNode& node, int step) {
    switch (node.kind) {
      case Kind::Text:
        pending_.push_back({nullptr, node.text});
        break;
      case Kind::Brackets:
        pending_.push_back({nullptr, node.text == U"(" ? U")" : U"]"});
        for (std::size_t i = node.fields.size(); i-- > 0;) {
          push(node.fields[i]);
          pending_.push_back({nullptr, i == 0 ? node.text : U":"});
        }
        break;
      case Kind::Schedule:
        if (step > timeline_.when(node.number)) {
          push(node.fields.back());
        } else if (node.fields.size() > 1) {
          push(node.fields.front());
        }
        break;
      case Kind::Alternation:
        push(node.fields[static_cast<std::size_t>(step - 1) % node.fields.size()]);
        break;
    }
  }

  void push(const ScheduleNode::Field& field) {
    for (std::size_t i = field.size(); i-- > 0;) {
      pending_.push_back({&tree_.nodes[field[i]], {}});
    }
  }

  const ScheduleTree& tree_;
  const Timeline& timeline_;
  std::vector<Piece> pending_;
};

}  // namespace

std::vector<ScheduledText> parse_prompt_schedule(std::string_view prompt,
                                                 const PromptScheduleOptions& options) {
  check_steps("steps", options.steps);
  if (options.hires_steps) {
    check_steps("hires steps", *options.hires_steps);
  }
  const Timeline timeline(options);
  const std::u32string decoded = decode_utf8(prompt);
  const std::optional<ScheduleTree> tree = parse_schedule_tree(decoded);
  if (!tree) {
    return {{timeline.steps, encode_utf8(decoded)}};
  }
  std::vector<ScheduledText> schedule;
  Renderer renderer(*tree, timeline);
  for (const int step : boundaries(*tree, timeline)) {
    schedule.push_back({step, renderer.render(step)});
  }
  return schedule;
}

}  // namespace ptravel
