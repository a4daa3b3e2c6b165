#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace inputs_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FakeWorld with_values_file() {
    FakeWorld fake;
    fake.files["deployments/backend/values.yaml"] = "env: []\n";
    fake.files["/home/me/values.yaml"] = "env: []\n";
    return fake;
}

TEST(EnvTarget, NeedsNoFile) {
    const auto request = request_of({}, {"connect"});
    EXPECT_EQ(request.action, model::Action::connect);
    EXPECT_EQ(request.env.file, "");
    EXPECT_EQ(request.env.name, "ANYTRADE_ETCD_ENDPOINTS");
    EXPECT_EQ(request.env.path, "env");
    EXPECT_FALSE(request.env.only_check);
}

TEST(EnvTarget, TakesEveryPartOfIt) {
    const auto request = request_of(with_values_file(), {"connect", "--file", "deployments/backend/values.yaml",
                                                         "--env", "ETCD", "--env-path", "backend.env", "--check"});
    EXPECT_EQ(request.env.file, "deployments/backend/values.yaml");
    EXPECT_EQ(request.env.name, "ETCD");
    EXPECT_EQ(request.env.path, "backend.env");
    EXPECT_TRUE(request.env.only_check);
    EXPECT_EQ(request_of(with_values_file(), {"connect", "--file", "~/values.yaml"}).env.file, "/home/me/values.yaml");
}

TEST(EnvTarget, NeedsNoChart) {
    auto fake = with_values_file();
    fake.files.erase("/opt/share/etcd-deploy/charts/etcd/Chart.yaml");
    EXPECT_THAT(faults_of(fake, {"connect"}), IsEmpty());
}

TEST(EnvTarget, IsAFileThatIsThere) {
    auto fake = with_values_file();
    fake.pipes.insert("pipe.yaml");
    EXPECT_THAT(faults_of(fake, {"connect", "--file", "nowhere.yaml"}),
                ElementsAre(AllOf(HasSubstr("file: nowhere.yaml"), HasSubstr("no such file"))));
    EXPECT_THAT(faults_of(fake, {"connect", "--file", "deployments/backend"}), ElementsAre(HasSubstr("a folder")));
    EXPECT_THAT(faults_of(fake, {"connect", "--file", "pipe.yaml"}), ElementsAre(HasSubstr("a pipe")));
}

TEST(EnvTarget, IsNeededForACheck) {
    EXPECT_THAT(faults_of({}, {"connect", "--check"}), ElementsAre(HasSubstr("which file to check")));
}

TEST(EnvTarget, ConcernsNoOtherAction) {
    EXPECT_THAT(faults_of({}, {"install", "--file", "nowhere.yaml", "--check"}), IsEmpty());
}

}  // namespace
}  // namespace inputs_test
