#include "operate/etcd_members.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using operate::EtcdMembers;
using operate_test::World;
using testing::ElementsAre;

// Remembers where it was asked, and to which port a way was wanted.
class Listener final : public sys::Http {
public:
    std::vector<std::string> asked;

    [[nodiscard]] base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token /*stop*/,
                                                       sys::Deadline /*deadline*/) override {
        asked.push_back(request.url);
        return sys::HttpResponse{.status = 200, .headers = {}, .body = "{}"};
    }
    [[nodiscard]] base::Result<sys::HttpResponse> stream(const sys::HttpRequest& /*request*/,
                                                         std::function<bool(std::string_view)> /*on_data*/,
                                                         std::stop_token /*stop*/,
                                                         sys::Deadline /*deadline*/) override {
        return base::fail(base::ErrorCode::bug, "nobody streams");
    }
};

model::PodTemplate etcd_at(const std::string& url) {
    return {.containers = {{.name = "etcd", .arguments = {"etcd", "--listen-client-urls", url}}}};
}

model::Pod pod(int ordinal, model::PodTemplate pod_template) {
    const auto number = std::to_string(ordinal);
    model::Pod pod;
    pod.meta = {.name = "etcd-" + number, .uid = "uid-" + number};
    pod.pod_template = std::move(pod_template);
    return pod;
}

struct Access : testing::Test {
    World world;
    Listener http;
    std::vector<std::uint16_t> ports;
    operate::Run run = with_listener();
    model::StatefulSet set = changed_set();

    operate::Run with_listener() {
        auto tools = world.run().tools();
        const auto forward = [this, inner = tools.etcd.forward](const std::string& place, const std::string& pod,
                                                                std::uint16_t port) {
            ports.push_back(port);
            return inner(place, pod, port);
        };
        return {model::Request{.namespace_name = "ns"},
                {tools.kube, tools.helm, tools.clock, tools.progress, {http, forward}},
                world.record,
                world.stop.get_token()};
    }
    // TLS has just been turned on, and the port is another one.
    static model::StatefulSet changed_set() {
        model::StatefulSet set;
        set.meta.name = "etcd";
        set.service_name = "etcd-headless";
        set.pod_template = etcd_at("https://0.0.0.0:2479");
        return set;
    }
    void ask(EtcdMembers& members, const model::Pod& whom) {
        const auto member = members.member(whom);
        ASSERT_TRUE(member.has_value()) << member.error().text();
        const auto answer = (*member)->post("/v3/maintenance/status", "{}",
                                            {.stop = {}, .deadline = std::chrono::steady_clock::now() + 1min});
        EXPECT_TRUE(answer.has_value());
    }
};

TEST_F(Access, ToAMemberIsThatOfItsOwnPodAlsoWhileTheSetHasAnother) {
    auto members = EtcdMembers::open(run, set);
    ASSERT_TRUE(members.has_value()) << members.error().text();
    ask(*members, pod(0, etcd_at("http://0.0.0.0:2379")));
    ask(*members, pod(1, etcd_at("https://0.0.0.0:2479")));
    ask(*members, pod(2, etcd_at("http://0.0.0.0:2379")));
    EXPECT_THAT(http.asked, ElementsAre("http://etcd-0.etcd-headless.ns.svc.cluster.local:2379/v3/maintenance/status",
                                        "https://etcd-1.etcd-headless.ns.svc.cluster.local:2479/v3/maintenance/status",
                                        "http://etcd-2.etcd-headless.ns.svc.cluster.local:2379/v3/maintenance/status"));
    EXPECT_THAT(ports, ElementsAre(2379, 2479, 2379));
    EXPECT_TRUE(members->settings().tls) << "for pods to come";
}

TEST_F(Access, IsTheSetsWhereAPodDoesNotTellHowItRunsEtcd) {
    auto members = EtcdMembers::open(run, set);
    ASSERT_TRUE(members.has_value());
    ask(*members, pod(0, {}));
    EXPECT_THAT(http.asked,
                ElementsAre("https://etcd-0.etcd-headless.ns.svc.cluster.local:2479/v3/maintenance/status"));
}

}  // namespace
