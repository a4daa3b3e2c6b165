#include "sys/replace_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/descriptor.hpp"

namespace sys {
namespace {

using base::ErrorCode;

constexpr mode_t permissions = 07777;
constexpr mode_t any_write = 0222;

std::unexpected<base::Error> failure(const std::filesystem::path& path, int error) {
    const bool missing = error == ENOENT || error == ENOTDIR;
    const bool may_not = error == EACCES || error == EPERM || error == EROFS;
    return base::fail(missing   ? ErrorCode::not_found
                      : may_not ? ErrorCode::refused
                                : ErrorCode::io,
                      "cannot write " + path.string() + ": " + std::generic_category().message(error));
}

struct Target {
    std::filesystem::path path;  // no link any more
    struct stat status = {};
};

base::Result<Target> find(const std::filesystem::path& path) {
    std::error_code error;
    Target target;
    target.path = std::filesystem::canonical(path, error);
    if (error) {
        return failure(path, error.value());
    }
    if (::stat(target.path.c_str(), &target.status) != 0) {
        return failure(path, errno);
    }
    if (!S_ISREG(target.status.st_mode)) {
        return base::fail(ErrorCode::refused, "cannot write " + path.string() + ": it is no regular file");
    }
    if (target.status.st_nlink > 1) {
        return base::fail(
            ErrorCode::refused, "cannot write " + path.string() + ": it has another name, a hard link",
            "give it a copy of its own (cp FILE COPY, then mv COPY FILE): the other name would keep the old "
            "text");
    }
    // A file may be replaced where its folder may be written, and root may write anything:
    // that is not what whoever made it read-only meant.
    const bool read_only =
        (target.status.st_mode & any_write) == 0 || ::faccessat(AT_FDCWD, target.path.c_str(), W_OK, AT_EACCESS) != 0;
    if (read_only) {
        return base::fail(ErrorCode::refused, "cannot write " + path.string() + ": it is read-only",
                          "make it writable (chmod u+w), or choose another file");
    }
    if (::faccessat(AT_FDCWD, target.path.parent_path().c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return base::fail(ErrorCode::refused,
                          "cannot write " + path.string() + ": its folder does not let us put a new file there",
                          "make the folder writable");
    }
    return target;
}

// Gone again unless it got its name.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::filesystem::path& target)
        : path_(target.parent_path() / ("." + target.filename().string() + ".XXXXXX")),
          file_(::mkostemp(path_.data(), O_CLOEXEC)) {}
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (file_.get() >= 0 && !named_) {
            ::unlink(path_.c_str());
        }
    }
    [[nodiscard]] int descriptor() const { return file_.get(); }
    // errno; 0 when it is done.
    [[nodiscard]] int rename_to(const std::filesystem::path& target) {
        named_ = std::rename(path_.c_str(), target.c_str()) == 0;
        return named_ ? 0 : errno;
    }

private:
    std::string path_;
    Descriptor file_;
    bool named_ = false;
};

// The owner comes first: a change of owner takes bits of the mode away.
int give_owner_and_mode(int descriptor, const struct stat& as) {
    struct stat now = {};
    if (::fstat(descriptor, &now) != 0) {
        return errno;
    }
    const bool same_owner = now.st_uid == as.st_uid && now.st_gid == as.st_gid;
    if (!same_owner && ::fchown(descriptor, as.st_uid, as.st_gid) != 0) {
        return errno;
    }
    return ::fchmod(descriptor, as.st_mode & permissions) == 0 ? 0 : errno;
}

}  // namespace

base::Result<void> check_replaceable(const std::filesystem::path& path) {
    TRY(find(path));
    return {};
}

base::Result<void> replace_file(const std::filesystem::path& path, std::string_view text) {
    TRY_ASSIGN(const auto target, find(path));
    TemporaryFile fresh(target.path);
    if (fresh.descriptor() < 0) {
        return failure(path, errno);
    }
    int error = give_owner_and_mode(fresh.descriptor(), target.status);
    if (error == 0) {
        error = write_all(fresh.descriptor(), text);
    }
    if (error == 0 && ::fsync(fresh.descriptor()) != 0) {
        error = errno;
    }
    if (error == 0) {
        error = fresh.rename_to(target.path);
    }
    if (error != 0) {
        return failure(path, error);
    }
    // The name is on the disk when its folder is. It is written whatever comes of this.
    const Descriptor folder(::open(target.path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    (void)(folder.get() >= 0 && ::fsync(folder.get()) == 0);
    return {};
}

}  // namespace sys
