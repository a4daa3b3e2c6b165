#include "sys/private_folder.hpp"

#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/descriptor.hpp"

namespace sys {
namespace {

using base::ErrorCode;
namespace fs = std::filesystem;

constexpr ::mode_t folder_mode = 0700;
constexpr ::mode_t file_mode = 0600;

std::unexpected<base::Error> failed(const std::string& what, const fs::path& path, int error) {
    const auto code = error == EACCES || error == EPERM || error == EROFS ? ErrorCode::forbidden
                      : error == ENOTDIR || error == ELOOP                ? ErrorCode::bad_input
                                                                          : ErrorCode::io;
    return base::fail(code, "cannot " + what + " " + path.string() + ": " + std::generic_category().message(error),
                      "name a folder that can be written, with room on its disk");
}

// To whom `parent` belongs. Only root can give something away; whether that succeeds does not matter.
void give_to_owner_of(const fs::path& parent, const fs::path& path) {
    struct stat status{};
    if (::geteuid() == 0 && ::stat(parent.c_str(), &status) == 0 && status.st_uid != 0) {
        (void)!::lchown(path.c_str(), status.st_uid, status.st_gid);
    }
}

base::Result<void> make_folder(const fs::path& path) {
    if (::mkdir(path.c_str(), folder_mode) == 0) {
        give_to_owner_of(path.parent_path().empty() ? fs::path(".") : path.parent_path(), path);
        return {};
    }
    const int error = errno;
    struct stat status{};
    if (error == EEXIST && ::stat(path.c_str(), &status) == 0) {
        return S_ISDIR(status.st_mode) ? base::Result<void>() : failed("make folder", path, ENOTDIR);
    }
    return failed("make folder", path, error);
}

base::Result<void> make_folders(const fs::path& path) {
    fs::path made;
    for (const auto& part : path) {
        made /= part;
        if (!part.empty() && part != "/" && part != "." && part != "..") {
            TRY(make_folder(made));
        }
    }
    return {};
}

}  // namespace

base::Result<PrivateFolder> PrivateFolder::open(const fs::path& path) {
    TRY(make_folders(path));
    return PrivateFolder(path);
}

base::Result<void> PrivateFolder::write(const fs::path& relative, std::string_view text) const {
    const auto normal = relative.lexically_normal();
    if (normal.empty() || normal.is_absolute() || *normal.begin() == "..") {
        return base::fail(ErrorCode::bad_input, "the path " + relative.string() + " leads out of its folder");
    }
    fs::path folder = path_;
    for (const auto& part : normal.parent_path()) {
        folder /= part;
        if (fs::is_symlink(folder)) {
            return failed("write below", folder, ELOOP);
        }
        TRY(make_folder(folder));
    }
    const auto path = path_ / normal;
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (file.get() < 0) {
        return failed("write", path, errno);
    }
    if (const int error = write_all(file.get(), text); error != 0) {
        return failed("write", path, error);
    }
    give_to_owner_of(folder, path);
    return {};
}

}  // namespace sys
