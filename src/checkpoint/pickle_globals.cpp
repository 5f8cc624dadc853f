#include "checkpoint/pickle_globals.h"

#include <array>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Role = PickleGlobalRole;

/// The modules of a TorchScript archive are objects of classes that the archive defines: their code
/// is not looked at, their attributes are named tensors and further modules.
constexpr std::string_view kScriptModule = "__torch__";

bool is_script_module(std::string_view module) {
  return module == kScriptModule || (module.starts_with(kScriptModule) &&
                                     module.substr(kScriptModule.size()).starts_with('.'));
}

constexpr PickleGlobal kAllowed[] = {
    {"collections", "OrderedDict", Role::OrderedDict, {}},
    {"torch._utils", "_rebuild_tensor", Role::RebuildTensor, {}},
    {"torch._utils", "_rebuild_tensor_v2", Role::RebuildTensor, {}},
    {"torch._utils", "_rebuild_parameter", Role::RebuildParameter, {}},
    {"torch.nn.modules.container", "ParameterDict", Role::Container, {}},
    {kScriptModule, "", Role::Container, {}},
    {"torch", "FloatStorage", Role::StorageType, NumberFormat::F32},
    {"torch", "HalfStorage", Role::StorageType, NumberFormat::F16},
    {"torch", "BFloat16Storage", Role::StorageType, NumberFormat::BF16},
    {"torch", "DoubleStorage", Role::StorageType, NumberFormat::F64},
    {"torch", "LongStorage", Role::StorageType, NumberFormat::I64},
    {"torch", "IntStorage", Role::StorageType, NumberFormat::I32},
    {"torch", "ShortStorage", Role::StorageType, NumberFormat::I16},
    {"torch", "CharStorage", Role::StorageType, NumberFormat::I8},
    {"torch", "ByteStorage", Role::StorageType, NumberFormat::U8},
    {"torch", "BoolStorage", Role::StorageType, NumberFormat::Bool},
    // Leftovers of training. None of them is ever called; their content is dropped.
    {"torch", "float64", Role::Inert, {}},
    {"torch", "float32", Role::Inert, {}},
    {"torch", "float16", Role::Inert, {}},
    {"torch", "bfloat16", Role::Inert, {}},
    {"torch", "int64", Role::Inert, {}},
    {"torch", "int32", Role::Inert, {}},
    {"torch", "int16", Role::Inert, {}},
    {"torch", "int8", Role::Inert, {}},
    {"torch", "uint8", Role::Inert, {}},
    {"torch", "bool", Role::Inert, {}},
    {"torch", "Size", Role::Inert, {}},
    {"torch", "device", Role::Inert, {}},
    {"numpy", "dtype", Role::Inert, {}},
    {"numpy", "ndarray", Role::Inert, {}},
    {"numpy.core.multiarray", "scalar", Role::Inert, {}},
    {"numpy.core.multiarray", "_reconstruct", Role::Inert, {}},
    {"numpy._core.multiarray", "scalar", Role::Inert, {}},
    {"numpy._core.multiarray", "_reconstruct", Role::Inert, {}},
    {"_codecs", "encode", Role::Inert, {}},
    {"torch.jit._pickle", "build_intlist", Role::Inert, {}},
    {"torch.jit._pickle", "build_doublelist", Role::Inert, {}},
    {"torch.jit._pickle", "build_boollist", Role::Inert, {}},
    {"torch.jit._pickle", "build_tensorlist", Role::Inert, {}},
    {"torch.jit._pickle", "restore_type_tag", Role::Inert, {}},
    {"__builtin__", "set", Role::Inert, {}},
    {"builtins", "set", Role::Inert, {}},
    {"pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint", Role::Inert, {}},
};

}  // namespace

std::optional<std::size_t> find_pickle_global(std::string_view module, std::string_view name) {
  for (std::size_t row = 0; row < std::size(kAllowed); ++row) {
    const bool same = kAllowed[row].module == kScriptModule
                          ? is_script_module(module)
                          : kAllowed[row].module == module && kAllowed[row].name == name;
    if (same) {
      return row;
    }
  }
  return std::nullopt;
}

const PickleGlobal& pickle_global(std::size_t row) {
  PTRAVEL_CHECK(row < std::size(kAllowed));
  return kAllowed[row];
}

}  // namespace ptravel
