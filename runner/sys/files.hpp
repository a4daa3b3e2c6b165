// Files and environment.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace sys {

// Errors: not_found, forbidden, bad_input (a folder; larger than `limit`), io.
[[nodiscard]] base::Result<std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t limit = std::size_t{32} << 20U);
// Appends whole or not at all, as far as the file system allows.
[[nodiscard]] base::Result<void> append_file(const std::filesystem::path& path, std::string_view text);
[[nodiscard]] base::Result<void> write_file(const std::filesystem::path& path, std::string_view text);

// getenv; unset and empty are different things.
[[nodiscard]] std::optional<std::string> environment(const std::string& name);

// The folder of the running executable (/proc/self/exe).
[[nodiscard]] std::filesystem::path executable_folder();

// A file in memory only (memfd_create, mode 0600) that other programs open by its
// path below /proc as long as this object lives. It is gone with our process,
// even after SIGKILL: the place for credentials that helm must read.
class PrivateFile {
public:
    [[nodiscard]] static base::Result<PrivateFile> create(const std::string& name, std::string_view content);
    PrivateFile(PrivateFile&& other) noexcept;
    PrivateFile& operator=(PrivateFile&& other) noexcept;
    PrivateFile(const PrivateFile&) = delete;
    PrivateFile& operator=(const PrivateFile&) = delete;
    ~PrivateFile();
    [[nodiscard]] std::string path() const;

private:
    explicit PrivateFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace sys
