#pragma once

#include <memory>
#include <set>
#include <string>

#include "pipeline/pipeline.h"
#include "ptravel/request.h"
#include "travel/loras.h"

namespace ptravel {

/// Opens the request's model without loading its weights, settles what the request leaves to the
/// model and the machine (picture size, precision) and checks it against the model. The model has
/// the LoRAs of the first stage; where others differ, those that can stand beside its UNet and
/// `loras` says how strongly. `beside`: names of those that do in any case. Throws InvalidArgument
/// with one line per problem, or what opening throws.
std::unique_ptr<Pipeline> open_checked(TravelRequest& request,
                                       TravelLoras& loras,
                                       const std::set<std::string>& beside = {});

}  // namespace ptravel
