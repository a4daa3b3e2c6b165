#include "sys/files.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/temporary_folder.hpp"
#include "unit/sys/process_fixture.hpp"

namespace {

using base::ErrorCode;
using testing::HasSubstr;
using testing::StartsWith;

mode_t mode_of(const std::string& path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

class FilesTest : public testing::Test {
protected:
    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
    static void expect_error(const auto& result, ErrorCode code, const std::string& wording) {
        ASSERT_FALSE(result.has_value()) << wording;
        EXPECT_EQ(result.error().code, code) << result.error().text();
        EXPECT_THAT(result.error().message, HasSubstr(wording));
    }

private:
    sys::TemporaryFolder folder_ = sys::TemporaryFolder::create("files-test").value();
};

TEST_F(FilesTest, ReadsEveryByte) {
    const std::string text = std::string("zero\0byte\xff", 10) + std::string(300'000, 'x');
    EXPECT_EQ(sys::read_file(write("a", text)).value(), text);
    EXPECT_EQ(sys::read_file(write("empty", "")).value(), "");
}

TEST_F(FilesTest, FollowsLinks) {
    ASSERT_EQ(::symlink(write("a", "text").c_str(), path("link").c_str()), 0);
    EXPECT_EQ(sys::read_file(path("link")).value(), "text");
}

TEST_F(FilesTest, ReadsWhatHasNoSize) {
    EXPECT_THAT(sys::read_file("/proc/self/status").value(), StartsWith("Name:"));
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    const std::jthread writer([this] { std::ofstream(path("pipe")) << "through a pipe"; });
    EXPECT_EQ(sys::read_file(path("pipe")).value(), "through a pipe");
}

TEST_F(FilesTest, LimitsWhatIsRead) {
    const auto file = write("a", std::string(1000, 'x'));
    EXPECT_EQ(sys::read_file(file, 1000).value().size(), 1000U);
    expect_error(sys::read_file(file, 999), ErrorCode::bad_input, file + ": it is larger than 999 bytes");
    expect_error(sys::read_file("/dev/zero", 100'000), ErrorCode::bad_input, "larger than 100000 bytes");
}

TEST_F(FilesTest, SaysWhyItCannotRead) {
    const auto file = write("a", "text");
    ASSERT_EQ(::symlink(path("loop").c_str(), path("loop").c_str()), 0);
    expect_error(sys::read_file(path("absent")), ErrorCode::not_found,
                 "cannot read " + path("absent") + ": No such file or directory");
    expect_error(sys::read_file(file + "/below"), ErrorCode::not_found, "Not a directory");
    expect_error(sys::read_file(path("")), ErrorCode::bad_input, "it is a folder");
    expect_error(sys::read_file(path("loop")), ErrorCode::bad_input, "symbolic links");
    expect_error(sys::read_file(path(std::string(300, 'x'))), ErrorCode::bad_input, "too long");
}

// Root may read everything: for a moment we are somebody else.
TEST_F(FilesTest, TellsThatItMayNotRead) {
    const auto file = write("a", "text");
    ASSERT_EQ(::chmod(file.c_str(), 0), 0);
    const bool is_root = ::geteuid() == 0;
    constexpr uid_t nobody = 65534;
    if (is_root) {
        ASSERT_EQ(::seteuid(nobody), 0);
    }
    const auto result = sys::read_file(file);
    if (is_root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    expect_error(result, ErrorCode::forbidden, "Permission denied");
}

TEST_F(FilesTest, AppendsAndMakesTheFileFirst) {
    ASSERT_TRUE(sys::append_file(path("out"), "status=done\n").has_value());
    ASSERT_TRUE(sys::append_file(path("out"), "revision=2\n").has_value());
    EXPECT_EQ(sys::read_file(path("out")).value(), "status=done\nrevision=2\n");
}

TEST_F(FilesTest, WritesInsteadOfWhatWasThere) {
    ASSERT_TRUE(sys::write_file(path("out"), "something long").has_value());
    ASSERT_TRUE(sys::write_file(path("out"), "short").has_value());
    EXPECT_EQ(sys::read_file(path("out")).value(), "short");
}

TEST_F(FilesTest, SaysWhyItCannotWrite) {
    expect_error(sys::append_file(path("absent/out"), "x"), ErrorCode::not_found, "cannot append to");
    expect_error(sys::write_file(path("absent/out"), "x"), ErrorCode::not_found, "cannot write");
    expect_error(sys::write_file(path(""), "x"), ErrorCode::bad_input, "Is a directory");
    expect_error(sys::append_file("/dev/full", "x"), ErrorCode::io, "No space left");
    expect_error(sys::write_file("/dev/full", "x"), ErrorCode::io, "No space left");
}

// The disk is full after three bytes more. (A limit of the process stands for it.)
TEST_F(FilesTest, TakesAHalfWrittenEntryBack) {
    const auto file = write("out", "status=done\n");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{.rlim_cur = 15, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    const auto result = sys::append_file(file, "revision=2\n");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    expect_error(result, ErrorCode::io, "cannot append to " + file);
    EXPECT_EQ(sys::read_file(file).value(), "status=done\n");
}

TEST(Environment, TellsUnsetFromEmpty) {
    ::unsetenv("ETCD_DEPLOY_TEST_VARIABLE");
    EXPECT_EQ(sys::environment("ETCD_DEPLOY_TEST_VARIABLE"), std::nullopt);
    ::setenv("ETCD_DEPLOY_TEST_VARIABLE", "", 1);
    EXPECT_EQ(sys::environment("ETCD_DEPLOY_TEST_VARIABLE"), "");
    ::setenv("ETCD_DEPLOY_TEST_VARIABLE", "x", 1);
    EXPECT_EQ(sys::environment("ETCD_DEPLOY_TEST_VARIABLE"), "x");
}

TEST(ExecutableFolder, HoldsThisProgram) {
    EXPECT_TRUE(std::filesystem::exists(sys::executable_folder() / "sys_test"));
}

TEST(PrivateFile, IsReadByAnotherProgramAndByNobodyElse) {
    const auto file = sys::PrivateFile::create("kubeconfig", "apiVersion: v1\n").value();
    EXPECT_EQ(sys_test::run({.argv = {"cat", file.path()}}).out, "apiVersion: v1\n");
    // A second time from its beginning, for helm opens it more than once.
    EXPECT_EQ(sys_test::run({.argv = {"cat", file.path()}}).out, "apiVersion: v1\n");
    EXPECT_EQ(mode_of(file.path()), 0600U);
}

TEST(PrivateFile, IsGoneWithItsOwner) {
    std::string path;
    {
        auto first = sys::PrivateFile::create("kubeconfig", "secret").value();
        path = first.path();
        const auto second = std::move(first);
        EXPECT_EQ(second.path(), path);
        EXPECT_EQ(sys::read_file(path).value(), "secret");
    }
    EXPECT_FALSE(sys::read_file(path).has_value());
}

TEST(PrivateFile, KeepsBothContentsApartWhenOneIsAssignedToTheOther) {
    auto kept = sys::PrivateFile::create("a", "old").value();
    kept = sys::PrivateFile::create("b", "new").value();
    EXPECT_EQ(sys::read_file(kept.path()).value(), "new");
}

}  // namespace
