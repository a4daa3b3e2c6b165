#include "sys/temporary_folder.hpp"

#include <cstdlib>
#include <cstring>
#include <system_error>

#include "sys/files.hpp"

namespace sys {

base::Result<TemporaryFolder> TemporaryFolder::create(const std::string& prefix) {
    const auto base_folder = environment("TMPDIR").value_or("");
    std::string pattern = (base_folder.empty() ? std::string("/tmp") : base_folder) + "/" + prefix + ".XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        return base::fail(base::ErrorCode::io,
                          "cannot make a temporary folder: " + std::generic_category().message(errno),
                          "make room on the disk, or set TMPDIR to a folder that can be written");
    }
    return TemporaryFolder(std::move(pattern));
}

TemporaryFolder::~TemporaryFolder() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

}  // namespace sys
