#include "sys/replace_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.hpp"
#include "sys/temporary_folder.hpp"

namespace {

using base::ErrorCode;
using testing::HasSubstr;

class ReplaceFile : public testing::Test {
protected:
    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
        std::ofstream(path(name), std::ios::binary) << text;
        EXPECT_EQ(::chmod(path(name).c_str(), mode), 0);
        return path(name);
    }
    [[nodiscard]] std::string read(const std::string& name) const { return sys::read_file(path(name)).value(); }
    [[nodiscard]] struct stat status(const std::string& name) const {
        struct stat status = {};
        EXPECT_EQ(::lstat(path(name).c_str(), &status), 0);
        return status;
    }
    [[nodiscard]] std::ptrdiff_t files() const {
        using Entries = std::filesystem::directory_iterator;
        return std::ranges::distance(Entries(folder_.path()), Entries());
    }
    void expect_refused(const base::Result<void>& result, const std::string& wording) const {
        ASSERT_FALSE(result.has_value()) << wording;
        EXPECT_EQ(result.error().code, ErrorCode::refused) << result.error().text();
        EXPECT_THAT(result.error().message, HasSubstr(wording));
    }

private:
    sys::TemporaryFolder folder_ = sys::TemporaryFolder::create("replace-file-test").value();
};

TEST_F(ReplaceFile, WritesAllOfItAndLeavesNothingElse) {
    const auto file = write("values.yaml", "old text that is longer\n");
    ASSERT_TRUE(sys::replace_file(file, "new\r\n").has_value());
    EXPECT_EQ(read("values.yaml"), "new\r\n");
    EXPECT_EQ(files(), 1);
}

TEST_F(ReplaceFile, KeepsModeAndOwner) {
    const auto file = write("values.yaml", "old", 0640);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(file.c_str(), 12345, 54321), 0);
    }
    const auto before = status("values.yaml");
    ASSERT_TRUE(sys::replace_file(file, "new").has_value());
    const auto after = status("values.yaml");
    EXPECT_EQ(after.st_mode, before.st_mode);
    EXPECT_EQ(after.st_uid, before.st_uid);
    EXPECT_EQ(after.st_gid, before.st_gid);
    EXPECT_NE(after.st_ino, before.st_ino) << "it is a new file under the old name";
}

TEST_F(ReplaceFile, WritesWhereALinkLeads) {
    ASSERT_TRUE(std::filesystem::create_directory(path("elsewhere")));
    const auto file = write("elsewhere/real.yaml", "old");
    ASSERT_EQ(::symlink("elsewhere/real.yaml", path("values.yaml").c_str()), 0);
    ASSERT_TRUE(sys::replace_file(path("values.yaml"), "new").has_value());
    EXPECT_TRUE(S_ISLNK(status("values.yaml").st_mode));
    EXPECT_EQ(read("elsewhere/real.yaml"), "new");
    EXPECT_EQ(read("values.yaml"), "new");
}

TEST_F(ReplaceFile, LeavesAReadOnlyFileAlone) {
    const auto file = write("values.yaml", "old", 0444);
    expect_refused(sys::check_replaceable(file), "read-only");
    expect_refused(sys::replace_file(file, "new"), "read-only");
    EXPECT_EQ(read("values.yaml"), "old");
    EXPECT_EQ(files(), 1);
}

TEST_F(ReplaceFile, LeavesAFileWithASecondNameAlone) {
    const auto file = write("values.yaml", "old");
    ASSERT_EQ(::link(file.c_str(), path("other.yaml").c_str()), 0);
    expect_refused(sys::check_replaceable(file), "another name");
    expect_refused(sys::replace_file(file, "new"), "another name");
    EXPECT_EQ(read("other.yaml"), "old");
}

TEST_F(ReplaceFile, TakesNothingButRegularFiles) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    expect_refused(sys::replace_file(path("pipe"), "new"), "no regular file");
    expect_refused(sys::replace_file(path("."), "new"), "no regular file");
    expect_refused(sys::check_replaceable("/dev/null"), "no regular file");
}

TEST_F(ReplaceFile, SaysWhatIsMissing) {
    const auto missing = sys::replace_file(path("nowhere.yaml"), "new");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_THAT(missing.error().message, HasSubstr("nowhere.yaml"));
    EXPECT_EQ(files(), 0) << "it makes no new files";
}

TEST_F(ReplaceFile, CanBeAskedBeforehand) {
    EXPECT_TRUE(sys::check_replaceable(write("values.yaml", "old")).has_value());
    EXPECT_EQ(read("values.yaml"), "old");
}

}  // namespace
