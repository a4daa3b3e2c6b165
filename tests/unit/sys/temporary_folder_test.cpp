#include "sys/temporary_folder.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using sys::TemporaryFolder;
using testing::StartsWith;

TEST(TemporaryFolder, IsOursAlone) {
    const mode_t before = ::umask(0);
    const auto folder = TemporaryFolder::create("etcd-deploy-test");
    ::umask(before);
    ASSERT_TRUE(folder.has_value()) << folder.error().text();
    struct stat status = {};
    ASSERT_EQ(::stat(folder->path().c_str(), &status), 0);
    EXPECT_TRUE(S_ISDIR(status.st_mode));
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    EXPECT_NE(folder->path(), TemporaryFolder::create("etcd-deploy-test").value().path());
}

TEST(TemporaryFolder, GoesWithEverythingInItAndNothingElse) {
    const auto outside = TemporaryFolder::create("etcd-deploy-test").value();
    std::ofstream(outside.path() + "/kept") << "x";
    std::string path;
    {
        const auto folder = TemporaryFolder::create("etcd-deploy-test").value();
        path = folder.path();
        std::filesystem::create_directories(path + "/a/b");
        std::ofstream(path + "/a/b/chart.tgz") << "x";
        std::filesystem::create_directory_symlink(outside.path(), path + "/link");
        ASSERT_TRUE(std::filesystem::exists(path + "/link/kept"));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(std::filesystem::exists(outside.path() + "/kept"));
}

TEST(TemporaryFolder, StaysUntilItsLastOwnerGoes) {
    std::string path;
    {
        auto first = TemporaryFolder::create("etcd-deploy-test").value();
        path = first.path();
        const TemporaryFolder second = std::move(first);
        EXPECT_EQ(second.path(), path);
        EXPECT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryFolder, GoesWhenItIsReplaced) {
    auto folder = TemporaryFolder::create("etcd-deploy-test").value();
    const auto before = folder.path();
    folder = TemporaryFolder::create("etcd-deploy-test").value();
    EXPECT_FALSE(std::filesystem::exists(before));
    EXPECT_TRUE(std::filesystem::exists(folder.path()));
}

class TmpdirTest : public testing::Test {
public:
    TmpdirTest() {
        if (const char* value = std::getenv("TMPDIR")) {
            before_ = value;
        }
    }
    ~TmpdirTest() override {
        if (before_.empty()) {
            ::unsetenv("TMPDIR");
        } else {
            ::setenv("TMPDIR", before_.c_str(), 1);
        }
    }

private:
    std::string before_;
};

TEST_F(TmpdirTest, SaysWhereTheFolderIsMade) {
    const auto place = TemporaryFolder::create("etcd-deploy-test").value();
    ::setenv("TMPDIR", place.path().c_str(), 1);
    EXPECT_THAT(TemporaryFolder::create("chart").value().path(), StartsWith(place.path() + "/chart."));
    ::setenv("TMPDIR", "", 1);
    EXPECT_THAT(TemporaryFolder::create("chart").value().path(), StartsWith("/tmp/chart."));
}

TEST_F(TmpdirTest, ThatIsNotThereIsAnErrorWithAHint) {
    ::setenv("TMPDIR", "/no/such/folder", 1);
    const auto folder = TemporaryFolder::create("chart");
    ASSERT_FALSE(folder.has_value());
    EXPECT_EQ(folder.error().code, base::ErrorCode::io);
    EXPECT_EQ(folder.error().message, "cannot make a temporary folder: No such file or directory");
    EXPECT_FALSE(folder.error().hint.empty());
}

}  // namespace
