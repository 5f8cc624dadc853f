// Add-ons of a model: tags.json here, LoRA in check_loras.cpp.
#include <string>

#include "tests/golden/addons.h"
#include "text/network_tags.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

json tag_json(const ExtraNetwork& tag) {
  json named = json::object();
  for (const auto& [key, value] : tag.named) {
    named[key] = value;
  }
  return {{"items", tag.items}, {"positional", tag.positional}, {"named", named}};
}

json tags_json(const std::vector<ExtraNetwork>& networks) {
  json result = json::array();
  for (const NetworkKind& group : by_kind(networks)) {
    json items = json::array();
    for (const ExtraNetwork& tag : group.tags) {
      items.push_back(tag_json(tag));
    }
    result.push_back({{"kind", group.kind}, {"items", items}});
  }
  return result;
}

void check_tags(const std::string& name, const json& test, Report& report) {
  const bool batch = test.contains("texts");
  const json texts = batch ? test.at("texts") : json::array({test.at("text")});
  json rest = json::array();
  std::vector<ExtraNetwork> networks;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    PromptWithNetworks taken = take_extra_networks(texts[i].get<std::string>());
    rest.push_back(taken.prompt);
    if (i == 0) {
      networks = std::move(taken.networks);
    }
  }
  const json tags = tags_json(networks);
  report.exact(name + "/rest", (batch ? rest : rest.at(0)) == test.at("rest"), rest.dump());
  report.exact(name + "/tags", tags == test.at("tags"), tags.dump());
  const LoraTags read = lora_tags(networks);
  if (test.contains("lora")) {
    json loras = json::array();
    for (const LoraTag& tag : read.tags) {
      loras.push_back({{"name", tag.name},
                       {"te", tag.text_encoder},
                       {"unet", tag.unet},
                       {"dyn", tag.dyn ? json(*tag.dyn) : json(nullptr)}});
    }
    report.exact(name + "/lora", !read.unreadable && loras == test.at("lora"), loras.dump());
  }
  if (test.contains("lora_error")) {
    const std::string message = read.unreadable ? python_message(*read.unreadable) : "none";
    report.exact(name + "/lora_error", message == test.at("lora_error"), message);
  }
}

}  // namespace

std::string python_message(const UnreadableTag& unreadable) {
  switch (unreadable.problem) {
    case UnreadableTag::Problem::NotANumber:
      return "ValueError: could not convert string to float: '" + unreadable.argument + "'";
    case UnreadableTag::Problem::NotAWholeNumber:
      return "ValueError: invalid literal for int() with base 10: '" + unreadable.argument + "'";
    case UnreadableTag::Problem::NoName:
    case UnreadableTag::Problem::NotAVersion:
      break;
  }
  return "IndexError: list index out of range";
}

void check_addons(const Context& context, Report& report) {
  const auto there = [&](const char* file) {
    return std::filesystem::exists(context.folder / file);
  };
  if (there("tags.json")) {
    int index = 0;
    const json file = read_json(context.folder / "tags.json");
    for (const json& test : file.at("cases")) {
      const std::string name = "addons/tags/" + std::to_string(index++);
      report.guarded(name, [&] { check_tags(name, test, report); });
    }
  }
  const LoraSet sets[] = {
      {"lora", "lora.json", "lora.safetensors", "lora", "tiny_sd1", "cond"},
      {"lora_sdxl", "sdxl.json", "sdxl.safetensors", "lora_sdxl", "tiny_sdxl", "crossattn"},
      {"lora_sd2", "sd2.json", "sd2.safetensors", "lora_sd2", "tiny_sd2", "cond"}};
  for (const LoraSet& set : sets) {
    if (!there(set.cases) || !there(set.files)) {
      continue;
    }
    if (std::filesystem::exists(context.root / set.model / "model.safetensors")) {
      check_loras(context, set, report);
    } else {
      report.left_out(std::string("addons/") + set.title,
                      std::string("its model ") + set.model + " is not there");
    }
  }
  check_embeddings(context, report);
  if (there("hypernetworks.json") && there("hypernetworks")) {
    check_hypernetworks(context, report);
  }
}

}  // namespace ptravel::golden
