#include "operate/endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const model::StatefulSet set{.meta = {.name = "etcd"}, .service_name = "etcd-headless"};
const etcd::Settings settings{};
const operate::Place place{.set = set, .settings = settings, .namespace_name = "ns"};

model::ListedMember member(const std::string& name, std::vector<std::string> urls = {}) {
    return {.id = 1, .name = name, .client_urls = std::move(urls)};
}

std::string dns(int ordinal) {
    return "etcd-" + std::to_string(ordinal) + ".etcd-headless.ns.svc.cluster.local:2379";
}

TEST(Endpoints, AreWhatMembersAdvertise) {
    EXPECT_EQ(operate::endpoint_of(member("etcd-0", {"http://" + dns(0), "http://etcd.ns:2379"}), place), dns(0));
    EXPECT_EQ(operate::endpoint_of(member("etcd-0", {"https://a.example:23790/"}), place), "a.example:23790");
    EXPECT_EQ(operate::endpoint_of(member("etcd-0", {"http://[fd00::1]:2379"}), place), "[fd00::1]:2379");
}

TEST(Endpoints, AreThePodsNamesWhenNothingUsefulIsAdvertised) {
    for (const std::string url :
         {"http://localhost:2379", "http://127.0.0.1:2379", "http://0.0.0.0:2379", "http://[::]:2379",
          "http://a,b:2379", "http://user:word@a:2379", "http://a", "http://a:0", "http://a:99999", "http://a:2379/x",
          "http://a\n:2379", "", "unix:///run/etcd", "http://:2379"}) {
        EXPECT_EQ(operate::endpoint_of(member("etcd-2", {url}), place), dns(2)) << url;
        EXPECT_EQ(operate::endpoint_of(member("default", {url}), place), "") << url;
    }
    EXPECT_EQ(operate::endpoint_of(member("etcd-2"), place), dns(2));
}

TEST(Endpoints, ComeInOrderOfOrdinals) {
    const auto all = operate::endpoints_of({member("etcd-10"), member("etcd-2"), member("etcd-0")}, place);
    EXPECT_THAT(*all, ElementsAre(dns(0), dns(2), dns(10)));
}

TEST(Endpoints, AreOfVotersThatWereStarted) {
    auto learner = member("etcd-1");
    learner.is_learner = true;
    const auto all = operate::endpoints_of({member("etcd-0"), learner, member("", {"http://" + dns(2)})}, place);
    EXPECT_THAT(*all, ElementsAre(dns(0)));
}

TEST(Endpoints, AreAnErrorWhenThereAreNone) {
    const auto none = operate::endpoints_of({}, place);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code, base::ErrorCode::etcd_unhealthy);
    const auto unknown = operate::endpoints_of({member("elsewhere", {"http://localhost:2379"})}, place);
    ASSERT_FALSE(unknown.has_value());
    EXPECT_THAT(unknown.error().message, HasSubstr("elsewhere"));
}

}  // namespace
