#include "sys/private_folder.hpp"

#include <gtest/gtest.h>

#include "support/golden.hpp"
#include "sys/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;

class PrivateFolder : public testing::Test {
protected:
    [[nodiscard]] fs::path place() const { return fs::path(temporary_->path()) / "a" / "b"; }
    base::Result<sys::TemporaryFolder> temporary_ = sys::TemporaryFolder::create("private-folder-test");
};

TEST_F(PrivateFolder, IsMadeWithWhatLeadsToIt) {
    const auto folder = sys::PrivateFolder::open(place());
    ASSERT_TRUE(folder.has_value()) << folder.error().text();
    EXPECT_EQ(fs::status(place()).permissions(), fs::perms::owner_all);
    EXPECT_TRUE(sys::PrivateFolder::open(place()).has_value()) << "it may be there already";
}

TEST_F(PrivateFolder, WritesFilesThatAreItsOwnersAlone) {
    const auto folder = sys::PrivateFolder::open(place());
    ASSERT_TRUE(folder->write("logs/etcd-0/etcd.log", "first").has_value());
    ASSERT_TRUE(folder->write("logs/etcd-0/etcd.log", "second").has_value());
    EXPECT_EQ(support::read_text(place() / "logs/etcd-0/etcd.log"), "second");
    EXPECT_EQ(fs::status(place() / "logs/etcd-0/etcd.log").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(PrivateFolder, IsNeverLeft) {
    const auto folder = sys::PrivateFolder::open(place());
    for (const char* path : {"../out", "/tmp/out", "a/../../out", ""}) {
        EXPECT_FALSE(folder->write(path, "x").has_value()) << path;
    }
    fs::create_directory_symlink(temporary_->path(), place() / "link");
    EXPECT_FALSE(folder->write("link/out", "x").has_value());
    fs::create_symlink(place() / "elsewhere", place() / "file");
    EXPECT_FALSE(folder->write("file", "x").has_value());
    EXPECT_FALSE(fs::exists(place() / "elsewhere"));
}

TEST_F(PrivateFolder, IsRefusedWhereAFileIs) {
    support::write_text(fs::path(temporary_->path()) / "a", "a file");
    EXPECT_EQ(sys::PrivateFolder::open(place()).error().code, base::ErrorCode::bad_input);
}

}  // namespace
