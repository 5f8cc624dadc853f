#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/request.h"
#include "sdapi/fields.h"

namespace ptravel {

/// The title of the one selectable script.
inline constexpr std::string_view kTravelScript = "Prompt Travel";

/// One argument of the script, as GET /script-info shows it too.
struct SdScriptArgument {
  SdField field;             ///< Its type and default.
  std::string_view label;    ///< On the original's page.
  std::string_view choices;  ///< Of texts: "linear, replace"; empty: any.
};

/// The arguments of the first version (15, from "Frame genesis" on) and of the newest (20, from
/// "Travel mode" on), in the order of script_args.
std::span<const SdScriptArgument> first_version_arguments();
std::span<const SdScriptArgument> newest_version_arguments();

/// Whether the title is that of the script, ignoring case.
bool is_travel_script(std::string_view title);

/// Sets what `arguments` say, in the order of either version of the original: they are told apart
/// by the first one, which is a genesis in the first version and a mode in the newest. Arguments
/// that are missing at the end have their defaults. `request` has its prompt already. Throws
/// SdRefusal (422) in the original's words where it had some.
void apply_script_arguments(const Json& arguments, TravelRequest& request);

}  // namespace ptravel
