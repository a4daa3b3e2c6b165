#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace inputs_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

FakeWorld world_with_charts() {
    FakeWorld fake;
    fake.files["charts/mine/Chart.yaml"] = "name: mine";
    fake.files["mine-1.0.0.tgz"] = "";
    fake.files["notes/readme.txt"] = "";
    return fake;
}

TEST(Chart, IsFoundBesideAnInstalledProgramAndInABuildTree) {
    FakeWorld fake;
    EXPECT_EQ(request_of(fake, {"install"}).chart.location, "/opt/share/etcd-deploy/charts/etcd");
    fake.files.erase("/opt/share/etcd-deploy/charts/etcd/Chart.yaml");
    EXPECT_THAT(faults_of(fake, {"install"}), ElementsAre(HasSubstr("the packed chart is not beside the program")));
    fake.files["/charts/etcd/Chart.yaml"] = "name: etcd";  // ../.. of /opt/bin
    EXPECT_EQ(request_of(fake, {"install"}).chart.location, "/charts/etcd");
}

struct GoodRow {
    std::string name;
    Arguments flags;
    std::string location;
    bool remote;
};

class GoodChart : public testing::TestWithParam<GoodRow> {};

TEST_P(GoodChart, IsTaken) {
    Arguments arguments{"install"};
    arguments.insert(arguments.end(), GetParam().flags.begin(), GetParam().flags.end());
    const auto chart = request_of(world_with_charts(), arguments).chart;
    EXPECT_EQ(chart.location, GetParam().location);
    EXPECT_EQ(chart.is_remote(), GetParam().remote);
}

INSTANTIATE_TEST_SUITE_P(
    Chart, GoodChart,
    testing::ValuesIn(std::vector<GoodRow>{
        {"Folder", {"--chart", "charts/mine"}, "./charts/mine", false},
        {"FolderWithADot", {"--chart", "./charts/mine"}, "./charts/mine", false},
        {"Archive", {"--chart", "mine-1.0.0.tgz"}, "./mine-1.0.0.tgz", false},
        {"Registry",
         {"--chart", "oci://r.example/c/etcd", "--chart-version", "12.0.20"},
         "oci://r.example/c/etcd",
         true},
        {"Repository", {"--chart", "etcd", "--chart-repo", "https://r.example/c"}, "etcd", true},
        {"RepositoryHere", {"--chart", "etcd", "--chart-repo", "http://127.0.0.1:8080"}, "etcd", true},
        {"VersionRange",
         {"--chart", "etcd", "--chart-repo", "https://r.example", "--chart-version", "^12.0 || 13"},
         "etcd",
         true},
    }),
    [](const auto& row) { return row.param.name; });

struct BadRow {
    std::string name;
    Arguments flags;
    std::string expected;
};

class BadChart : public testing::TestWithParam<BadRow> {};

TEST_P(BadChart, IsRefused) {
    Arguments arguments{"install"};
    arguments.insert(arguments.end(), GetParam().flags.begin(), GetParam().flags.end());
    EXPECT_THAT(faults_of(world_with_charts(), arguments),
                ElementsAre(AllOf(HasSubstr(GetParam().expected), Not(HasSubstr("hunter2")))));
}

INSTANTIATE_TEST_SUITE_P(
    Chart, BadChart,
    testing::ValuesIn(std::vector<BadRow>{
        {"Missing", {"--chart", "./nowhere"}, "there is no chart at \"./nowhere\""},
        {"NoChartYaml", {"--chart", "notes"}, "it has no Chart.yaml"},
        {"NoArchive", {"--chart", "notes/readme.txt"}, "is no packed chart"},
        {"BareName", {"--chart", "etcd"}, "the name of a chart needs chart-repo"},
        {"ShortNameOfARepository", {"--chart", "bitnami/etcd"}, "give \"etcd\" as chart"},
        {"WebAddress", {"--chart", "https://r.example/etcd.tgz"}, "the address of the repository as chart-repo"},
        {"VersionOfAFolder",
         {"--chart", "charts/mine", "--chart-version", "1.0.0"},
         "chart-version: a chart in a folder"},
        {"VersionOfThePackedChart", {"--chart-version", "1.0.0"}, "chart-version: a chart in a folder"},
        {"VersionLikeAFlag", {"--chart", "oci://r.example/e", "--chart-version=--devel"}, "is no version"},
        {"RepositoryWithoutAName", {"--chart-repo", "https://r.example"}, "chart-repo needs the name"},
        {"RepositoryInTheClear",
         {"--chart", "etcd", "--chart-repo", "http://r.example"},
         "is not the https:// address"},
        {"RepositoryThatOnlyLooksLocal",
         {"--chart", "etcd", "--chart-repo", "http://localhost.r.example"},
         "is not the https:// address"},
        {"RepositoryWithAPassword",
         {"--chart", "etcd", "--chart-repo", "https://me:hunter2@r.example"},
         "user name or password"},
        {"RepositoryInARegistry",
         {"--chart", "etcd", "--chart-repo", "oci://r.example"},
         "give an oci:// address as chart"},
        {"RepositoryAndPath", {"--chart", "bitnami/etcd", "--chart-repo", "https://r.example"}, "give the name alone"},
        {"RepositoryAndRegistry",
         {"--chart", "oci://r.example/e", "--chart-repo", "https://r.example"},
         "exclude each other"},
        {"RegistryWithAPassword", {"--chart", "oci://me:hunter2@r.example/e"}, "user name or password"},
        {"RegistryWithoutAChart", {"--chart", "oci://r.example"}, "is no address of a chart"},
    }),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace inputs_test
