#include "sys/files.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/descriptor.hpp"

namespace sys {

namespace {

using base::ErrorCode;

std::string reason(int error) {
    return std::generic_category().message(error);
}

ErrorCode code_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR: return ErrorCode::not_found;
        case EACCES:
        case EPERM: return ErrorCode::forbidden;
        case EISDIR:
        case ENAMETOOLONG:
        case ELOOP: return ErrorCode::bad_input;
        default: return ErrorCode::io;
    }
}

std::unexpected<base::Error> failure(const std::string& what, const std::filesystem::path& path, int error) {
    return base::fail(code_of(error), what + " " + path.string() + ": " + reason(error));
}

int open_file(const std::filesystem::path& path, int flags) {
    constexpr mode_t mode = 0644;
    int descriptor = -1;
    do {
        descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

}  // namespace

base::Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
    const Descriptor file(open_file(path, O_RDONLY));
    if (file.get() < 0) {
        return failure("cannot read", path, errno);
    }
    struct stat status = {};
    if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
        return base::fail(ErrorCode::bad_input, "cannot read " + path.string() + ": it is a folder");
    }
    // Not sized by st_size: files of /proc and pipes tell none.
    std::string text;
    std::array<char, std::size_t{64} << 10U> buffer{};
    while (true) {
        const auto count = ::read(file.get(), buffer.data(), buffer.size());
        if (count == 0) {
            return text;
        }
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return failure("cannot read", path, errno);
        }
        if (text.size() + static_cast<std::size_t>(count) > limit) {
            return base::fail(ErrorCode::bad_input, "cannot read " + path.string() + ": it is larger than " +
                                                        std::to_string(limit) + " bytes");
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

base::Result<void> append_file(const std::filesystem::path& path, std::string_view text) {
    const Descriptor file(open_file(path, O_WRONLY | O_CREAT | O_APPEND));
    if (file.get() < 0) {
        return failure("cannot append to", path, errno);
    }
    struct stat before = {};
    const bool regular = ::fstat(file.get(), &before) == 0 && S_ISREG(before.st_mode);
    if (const int error = write_all(file.get(), text); error != 0) {
        // Half an entry would spoil those of others: take it back.
        if (regular && ::ftruncate(file.get(), before.st_size) != 0) {
            return failure("cannot append to, nor undo a half written entry of", path, error);
        }
        return failure("cannot append to", path, error);
    }
    return {};
}

base::Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
    const Descriptor file(open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
    if (file.get() < 0) {
        return failure("cannot write", path, errno);
    }
    if (const int error = write_all(file.get(), text); error != 0) {
        return failure("cannot write", path, error);
    }
    return {};
}

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
    if (value == nullptr) {
        return std::nullopt;
    }
    return std::string(value);
}

std::filesystem::path executable_folder() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::filesystem::path{} : program.parent_path();
}

base::Result<PrivateFile> PrivateFile::create(const std::string& name, std::string_view content) {
    Descriptor file(::memfd_create(name.c_str(), MFD_CLOEXEC));
    if (file.get() < 0) {
        return base::fail(ErrorCode::io, "cannot make a file in memory: " + reason(errno));
    }
    // A memfd is born open to everybody who may look into our /proc.
    constexpr mode_t owner_only = 0600;
    int error = ::fchmod(file.get(), owner_only) == 0 ? 0 : errno;
    if (error == 0) {
        error = write_all(file.get(), content);
    }
    if (error != 0) {
        return base::fail(ErrorCode::io, "cannot fill a file in memory: " + reason(error));
    }
    return PrivateFile(file.release());
}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

PrivateFile& PrivateFile::operator=(PrivateFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

PrivateFile::~PrivateFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

// Named by our process ID, not "self": it is another process that opens it.
std::string PrivateFile::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
}

}  // namespace sys
