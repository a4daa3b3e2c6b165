// Where the source tree is.
#pragma once

#include <filesystem>

namespace support {

// A file or folder below tests/.
[[nodiscard]] std::filesystem::path test_path(const std::filesystem::path& relative);

}  // namespace support
