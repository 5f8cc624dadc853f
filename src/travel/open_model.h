#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"
#include "ptravel/request.h"
#include "travel/loras.h"

namespace ptravel {

/// Opens the request's model without loading its weights, settles what the request leaves to the
/// model and the machine (picture size, precision) and checks it against the model. The model has
/// the LoRAs of the first stage; where others differ, those that can stand beside its UNet and
/// `loras` says how strongly. `beside`: as TravelOptions::loras_beside. Throws InvalidArgument with
/// one line per problem, or what opening throws.
std::unique_ptr<Pipeline> open_checked(
    TravelRequest& request,
    TravelLoras& loras,
    const std::optional<std::vector<std::string>>& beside = std::nullopt);

}  // namespace ptravel
