// A folder for files that are nobody else's business, but that outlive us.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sys {

class PrivateFolder {
public:
    // Makes the folder (0700), and what leads to it, unless it is there. Errors: bad_input
    // (it is something else), forbidden, io.
    [[nodiscard]] static base::Result<PrivateFolder> open(const std::filesystem::path& path);

    // Writes a file (0600) at a relative path below; replaces one that is there, but never
    // follows a link. As root in a container, where folders of the host are mounted, the
    // files belong to whom the place belongs: a later step must be able to read them.
    // Errors: bad_input (the path leads out), forbidden, io.
    [[nodiscard]] base::Result<void> write(const std::filesystem::path& relative, std::string_view text) const;

private:
    explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace sys
