#include "score_report.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace ptravel::train {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(Attribute attribute) { return std::string(info(attribute).name); }

std::string value_of(Attribute attribute, int value) {
  return std::string(info(attribute).values[static_cast<std::size_t>(value)]);
}

bool is_worn(Attribute attribute) { return info(attribute).values[0] == "no"; }

std::string percent(const Share& share) {
  if (share.all == 0) {
    return "-";
  }
  char text[64];
  std::snprintf(text, sizeof(text), "%.1f %% (%lld of %lld)", 100 * share.value(),
                static_cast<long long>(share.hits), static_cast<long long>(share.all));
  return text;
}

Json to_value(const Share& share) {
  return {{"share", share.value()}, {"hits", share.hits}, {"of", share.all}};
}

std::string mistake_text(const Tally& tally, Attribute attribute) {
  const auto worst = tally.worst(attribute);
  return worst ? value_of(attribute, worst->asked) + " -> " + value_of(attribute, worst->seen) +
                     ", " + std::to_string(worst->count)
               : "-";
}

Json to_value(const Tally& tally) {
  Json result = Json::object();
  for (const Attribute attribute : judged_attributes()) {
    Json entry = to_value(tally.right(attribute));
    if (is_worn(attribute)) {
      entry["present_when_asked"] = to_value(tally.right(attribute, 1));
      entry["absent_when_not"] = to_value(tally.right(attribute, 0));
    }
    if (const auto worst = tally.worst(attribute)) {
      entry["worst_mistake"] = {{"asked", value_of(attribute, worst->asked)},
                                {"seen", value_of(attribute, worst->seen)},
                                {"count", worst->count}};
    }
    result[name_of(attribute)] = std::move(entry);
  }
  return result;
}

Json to_value(const TravelScore& score) {
  Json kept = Json::object();
  for (const Attribute attribute : judged_attributes()) {
    kept[name_of(attribute)] = to_value(score.kept[static_cast<std::size_t>(attribute)]);
  }
  return {{"kept_of_all_attributes", to_value(score.each)},
          {"shown_as_asked_of_all_attributes", to_value(score.as_asked)},
          {"in_betweens_that_keep_the_main_attributes", to_value(score.main)},
          {"in_betweens_that_keep_everything", to_value(score.everything)},
          {"kept", kept}};
}

std::string tally_tables(const Tally& tally) {
  std::string plain = "| Attribute | Right | Most frequent mistake |\n|---|---|---|\n";
  std::string worn = "| Worn | Present when asked | Absent when not |\n|---|---|---|\n";
  for (const Attribute attribute : judged_attributes()) {
    if (is_worn(attribute)) {
      worn += "| " + name_of(attribute) + " | " + percent(tally.right(attribute, 1)) + " | " +
              percent(tally.right(attribute, 0)) + " |\n";
    } else {
      plain += "| " + name_of(attribute) + " | " + percent(tally.right(attribute)) + " | " +
               mistake_text(tally, attribute) + " |\n";
    }
  }
  return plain + "\n" + worn;
}

/// The attributes that are right less often.
std::string below(const Tally& tally, double share) {
  std::string names;
  for (const Attribute attribute : judged_attributes()) {
    const Share right = tally.right(attribute);
    if (right.all > 0 && right.value() < share) {
      names += (names.empty() ? "" : ", ") + name_of(attribute);
    }
  }
  return names.empty() ? "none" : names;
}

std::string travel_tables(const TravelScore& score) {
  std::string text =
      "| In-betweens of travels that change one attribute | Share |\n|---|---|\n"
      "| Kept, of all other attributes | " +
      percent(score.each) +
      " |\n"
      "| Shown as both prompts ask, of all other attributes | " +
      percent(score.as_asked) +
      " |\n"
      "| Keep hair colour, background, subject and hair style | " +
      percent(score.main) +
      " |\n"
      "| Keep everything | " +
      percent(score.everything) +
      " |\n\n"
      "| Attribute | Kept |\n|---|---|\n";
  for (const Attribute attribute : judged_attributes()) {
    text += "| " + name_of(attribute) + " | " +
            percent(score.kept[static_cast<std::size_t>(attribute)]) + " |\n";
  }
  return text;
}

std::string sheet_text(const Sheet& sheet) {
  std::string text = "## " + sheet.title + "\n\n![" + sheet.title + "](" + sheet.file + ")\n";
  for (std::size_t row = 0; row < sheet.rows.size(); ++row) {
    text += "\n" + std::to_string(row + 1) + ". `" + sheet.rows[row] + "`";
  }
  return text + "\n";
}

}  // namespace

std::string to_json(const ScoreReport& report) {
  Json result;
  for (const auto& [name, value] : report.settings) {
    result["settings"][name] = value;
  }
  if (report.psnr) {
    result["autoencoder_psnr_db"] = *report.psnr;
  }
  if (report.judge) {
    result["judge_on_fresh_drawings"] = to_value(*report.judge);
  }
  if (report.prompts) {
    result["prompts"] = to_value(*report.prompts);
  }
  if (report.blur) {
    result["blurry_is_blurrier"] = to_value(*report.blur);
  }
  if (report.travels) {
    result["travels"] = to_value(*report.travels);
  }
  return result.dump(2) + "\n";
}

std::string to_markdown(const ScoreReport& report) {
  std::string text = "# Score\n\n";
  for (const auto& [name, value] : report.settings) {
    text += "- " + name + ": " + value + "\n";
  }
  if (report.psnr) {
    char decibels[32];
    std::snprintf(decibels, sizeof(decibels), "%.2f", *report.psnr);
    text += "\n## Autoencoder\n\nReconstructions of fresh drawings: " + std::string(decibels) +
            " dB PSNR\n";
  }
  if (report.prompts) {
    text += "\n## Random prompts\n\n" + tally_tables(*report.prompts);
  }
  if (report.blur) {
    text += "\n## `blurry`\n\nBlurrier in the prompt than in the negative prompt: " +
            percent(*report.blur) + "\n";
  }
  if (report.travels) {
    text += "\n## Travels\n\n" + travel_tables(*report.travels);
  }
  if (report.judge) {
    text += "\n## The judge on fresh drawings\n\nBelow 98 %: " + below(*report.judge, 0.98) +
            "\n\n" + tally_tables(*report.judge);
  }
  for (const Sheet& sheet : report.sheets) {
    text += "\n" + sheet_text(sheet);
  }
  return text;
}

std::string to_lines(const Tally& tally) {
  const auto judged = judged_attributes();
  std::vector<Attribute> attributes(judged.begin(), judged.end());
  std::ranges::stable_sort(attributes, {}, [&](Attribute a) { return tally.right(a).value(); });
  std::string text;
  for (const Attribute attribute : attributes) {
    text += name_of(attribute) + ": " + percent(tally.right(attribute)) + ", worst " +
            mistake_text(tally, attribute) + "\n";
  }
  return text;
}

}  // namespace ptravel::train
