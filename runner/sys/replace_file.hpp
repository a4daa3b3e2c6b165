// Files of the user's that are changed: as a whole or not at all, also when the machine
// stops in the middle.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace sys {

// Whether replace_file() could do it; touches nothing. Errors: those of replace_file.
[[nodiscard]] base::Result<void> check_replaceable(const std::filesystem::path& path);

// Writes a new file beside the old one (in its folder), flushes it to the disk, and gives it
// the old one's name; mode, owner and group stay. A link stays one: the file that it leads to
// is replaced. Errors: refused (read-only, no regular file, an owner that we may not give),
// not_found, io.
[[nodiscard]] base::Result<void> replace_file(const std::filesystem::path& path, std::string_view text);

}  // namespace sys
