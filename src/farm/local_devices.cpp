#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "farm/visible_cards.h"
#include "ptravel/error.h"
#include "ptravel/farm.h"
#include "request/request_names.h"

namespace ptravel {
namespace {

constexpr std::size_t kMostDevices = 64;
constexpr std::string_view kCardPrefix = "cuda:";

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::InvalidArgument, Problem{"device", message});
}

/// What CUDA_VISIBLE_DEVICES calls a card that this process knows by its number.
std::string card_of(std::size_t number, const std::optional<std::string>& visible) {
  if (!visible) {
    return std::to_string(number);
  }
  const auto cards =
      trimmed(*visible).empty() ? std::vector<std::string_view>{} : split(*visible, ',');
  if (number >= cards.size()) {
    refuse("\"cuda:" + std::to_string(number) + "\", expected one of the cards that " +
           kVisibleCards + " shows, which are " + std::to_string(cards.size()));
  }
  return std::string(trimmed(cards[number]));
}

/// The number behind "cuda:": digits alone.
std::optional<std::size_t> card_number(std::string_view name) {
  if (!name.starts_with(kCardPrefix)) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(kCardPrefix.size());
  if (digits.empty() || digits.size() > 4 ||
      digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(parse_integer(digits).value_or(0));
}

LocalDevice parse_device(std::string_view text,
                         const std::string& whole,
                         const std::optional<std::string>& visible) {
  const std::string name(trimmed(text));
  if (name == kDeviceNames.name(DeviceChoice::Cpu)) {
    return {name, DeviceChoice::Cpu, ""};
  }
  const std::optional<std::size_t> number = card_number(name);
  if (!number) {
    refuse("\"" + name + "\"" + (name == whole ? "" : " in \"" + whole + "\"") +
           ", expected cpu or a card such as cuda:1");
  }
  return {name, DeviceChoice::Cuda, card_of(*number, visible)};
}

}  // namespace

std::vector<LocalDevice> parse_local_devices(const std::string& text,
                                             const std::optional<std::string>& visible) {
  const std::vector<std::string_view> members = split(text, ',');
  if (members.size() > kMostDevices) {
    refuse("a list of " + std::to_string(members.size()) + " devices, expected 1 to " +
           std::to_string(kMostDevices));
  }
  std::vector<LocalDevice> devices;
  for (const std::string_view member : members) {
    devices.push_back(parse_device(member, text, visible));
    if (devices.back().kind != devices.front().kind) {
      refuse("\"" + text + "\" has processor and cards, whose frames differ, expected one of both");
    }
  }
  return devices;
}

void use_local_device(const LocalDevice& device) {
  if (!device.card.empty()) {
    ::setenv(kVisibleCards, device.card.c_str(), /*overwrite=*/1);
  }
}

}  // namespace ptravel
