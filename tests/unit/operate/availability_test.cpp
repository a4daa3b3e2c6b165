#include "operate/availability.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using operate::AvailabilityProbe;
using operate_test::World;
using testing::HasSubstr;
using testing::IsEmpty;

// Three members that share one key, and may be ill each in its way.
class FakeEtcd final : public sys::Http {
public:
    // What a member does with a path that holds `part`, instead of answering it.
    struct Illness {
        std::string pod;  // "" : every one
        std::string part;
        int status = 0;  // 0: the connection is lost
        std::string body = {};
    };

    static constexpr int silent = -1;  // as a status

    void fall_ill(Illness illness) {
        const std::scoped_lock lock(mutex_);
        illnesses_.push_back(std::move(illness));
    }
    void recover() {
        const std::scoped_lock lock(mutex_);
        illnesses_.clear();
        changed_.notify_all();
    }
    void elect() {
        const std::scoped_lock lock(mutex_);
        ++term_;
    }
    // As if the newest writes had never been.
    void forget(std::uint64_t writes) {
        const std::scoped_lock lock(mutex_);
        revision_ -= writes;
        version_ -= writes;
    }
    void let_the_lease_run_out() {
        const std::scoped_lock lock(mutex_);
        lease_ = 0;
        version_ = 0;
    }
    bool wait_for(std::string_view path, std::size_t times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 60s, [&] { return count(path) >= times; });
    }
    [[nodiscard]] std::size_t asked(std::string_view path) {
        const std::scoped_lock lock(mutex_);
        return count(path);
    }
    [[nodiscard]] bool key_is_there() {
        const std::scoped_lock lock(mutex_);
        return version_ > 0;
    }

    base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token stop,
                                         sys::Deadline deadline) override {
        std::unique_lock lock(mutex_);
        if (stop.stop_requested()) {
            return base::fail(ErrorCode::cancelled, "cancelled");
        }
        const auto line = request.unix_socket + request.url.substr(request.url.find("/v3/"));
        asked_.push_back(line);
        changed_.notify_all();
        for (const auto& illness : illnesses_) {
            if (line.contains(illness.pod) && line.contains(illness.part)) {
                if (illness.status == silent) {
                    changed_.wait_until(lock, stop, deadline, [] { return false; });
                    return base::fail(ErrorCode::timed_out, "no answer");
                }
                return illness.status == 0
                           ? base::Result<sys::HttpResponse>(base::fail(ErrorCode::unreachable, "connection lost"))
                           : sys::HttpResponse{.status = illness.status, .headers = {}, .body = illness.body};
            }
        }
        return sys::HttpResponse{.status = 200, .headers = {}, .body = answer(line)};
    }
    base::Result<sys::HttpResponse> stream(const sys::HttpRequest& request, std::function<bool(std::string_view)>,
                                           std::stop_token stop, sys::Deadline deadline) override {
        return send(request, std::move(stop), deadline);
    }

private:
    std::size_t count(std::string_view part) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(asked_, [&](const auto& line) { return line.contains(part); }));
    }
    std::string header() const {
        return R"({"header":{"cluster_id":"7","revision":")" + std::to_string(revision_) + R"(","raft_term":")" +
               std::to_string(term_) + "\"}";
    }
    std::string key() const {
        return R"({"create_revision":")" + std::to_string(created_) + R"(","mod_revision":")" +
               std::to_string(revision_) + R"(","version":")" + std::to_string(version_) + "\"}";
    }
    std::string answer(const std::string& line) {
        if (line.ends_with("/lease/grant")) {
            lease_ = 77;
            return header() + R"(,"ID":"77","TTL":"30"})";
        }
        if (line.ends_with("/lease/keepalive")) {
            return R"({"result":{"ID":"77","TTL":"30"}})";
        }
        if (line.ends_with("/lease/revoke")) {
            version_ = 0;
            return header() + "}";
        }
        if (line.ends_with("/kv/put")) {
            const auto before = version_ > 0 ? R"(,"prev_kv":)" + key() : std::string();
            ++revision_;
            created_ = version_++ == 0 ? revision_ : created_;
            return header() + before + "}";
        }
        if (line.ends_with("/kv/range")) {
            return header() + (version_ > 0 ? R"(,"kvs":[)" + key() + "]" : "") + "}";
        }
        return header() + R"(,"leader":"1","raftTerm":")" + std::to_string(term_) + "\"}";
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<Illness> illnesses_;
    std::vector<std::string> asked_;
    std::uint64_t revision_ = 100;
    std::uint64_t created_ = 0;
    std::uint64_t version_ = 0;
    std::uint64_t term_ = 2;
    std::uint64_t lease_ = 0;
};

const operate::ProbePace quick{.write_every = 1ms, .status_every = 1ms, .time_to_live = 1s};

// Release etcd, with its three members in the view.
struct Probed : testing::Test {
    World world;
    FakeEtcd etcd;
    operate::Run run = with_etcd();
    rollout::View view = members("r1");
    AvailabilityProbe probe{run, quick};

    operate::Run with_etcd() {
        auto tools = world.run().tools();
        model::Request request;
        request.namespace_name = "ns";
        return {request,
                {tools.kube, tools.helm, tools.clock, tools.progress, {etcd, tools.etcd.forward}},
                world.record,
                world.stop.get_token()};
    }
    // The set at a generation of its own for each revision.
    static rollout::View members(const std::string& revision, const std::string& uid = "pod-") {
        rollout::View all;
        model::StatefulSet set;
        set.meta = {.name = "etcd",
                    .uid = "set-uid",
                    .resource_version = 1,
                    .generation = revision == "r1" ? 1 : 2,
                    .labels = {{"app.kubernetes.io/name", "etcd"}},
                    .annotations = {{"meta.helm.sh/release-name", "etcd"}}};
        set.replicas = 3;
        set.service_name = "etcd-headless";
        set.pod_template.containers = {{.name = "etcd"}};
        all.upsert(set);
        for (int ordinal = 0; ordinal < 3; ++ordinal) {
            const auto number = std::to_string(ordinal);
            model::Pod pod;
            pod.meta = {.name = "etcd-" + number, .uid = uid + number, .resource_version = 1};
            pod.meta.owners = {{.kind = "StatefulSet", .name = "etcd", .uid = "set-uid"}};
            pod.containers = {{.name = "etcd", .running = true}};
            all.upsert(pod);
        }
        return all;
    }
    void begin() {
        probe.remember(view);
        probe.look(members("r2"));
        ASSERT_TRUE(probe.wait_until_writing(60s));
    }
    const model::Availability& ledger() { return *world.record.availability; }
};

TEST_F(Probed, WritesWhileMembersAreReplacedAndLeavesNothing) {
    begin();
    ASSERT_TRUE(etcd.wait_for("/kv/put", 20));
    EXPECT_TRUE(etcd.key_is_there());
    const auto finished = probe.finish();
    ASSERT_TRUE(finished.has_value()) << finished.error().text();
    EXPECT_GE(ledger().acknowledged, 20U);
    EXPECT_EQ(ledger().failed, 0U);
    EXPECT_TRUE(ledger().longest_gap.has_value());
    EXPECT_EQ(ledger().members, 3U);
    EXPECT_EQ(ledger().leader_changes, 0U);
    EXPECT_TRUE(ledger().all_writes_found);
    EXPECT_THAT(ledger().note, IsEmpty());
    EXPECT_FALSE(etcd.key_is_there());
}

TEST_F(Probed, CostsNothingWhenNothingChanges) {
    probe.remember(view);
    probe.look(members("r1"));
    EXPECT_FALSE(probe.wait_until_writing(0ms));
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_EQ(etcd.asked("/v3/"), 0U);
    EXPECT_FALSE(world.record.availability.has_value());
}

TEST_F(Probed, BeginsWhenAPodIsNotTheOneThatItWas) {
    probe.remember(view);
    probe.look(members("r1", "new-"));
    EXPECT_TRUE(probe.wait_until_writing(60s));
}

TEST_F(Probed, BeginsBeforeMembersAreTakenDown) {
    probe.remember(view);
    EXPECT_FALSE(probe.wait_until_writing(0ms));
    probe.start_before_rolling(view);
    EXPECT_TRUE(probe.wait_until_writing(60s));
}

TEST_F(Probed, SaysThatNothingRanBefore) {
    probe.remember({});
    probe.look(members("r2"));
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_EQ(etcd.asked("/v3/"), 0U);
    EXPECT_EQ(ledger().note, "no member of etcd ran before");
}

TEST_F(Probed, GoesToTheNextMemberWhenOneFails) {
    begin();
    etcd.fall_ill({.pod = "etcd-0", .part = "/v3/"});
    const auto before = etcd.asked("etcd-1/v3/kv/put") + etcd.asked("etcd-2/v3/kv/put");
    ASSERT_TRUE(etcd.wait_for("etcd-1/v3/kv/put", before + 20));
    ASSERT_TRUE(etcd.wait_for("etcd-0/v3/maintenance/status", etcd.asked("etcd-0/v3/maintenance/status") + 2));
    ASSERT_TRUE(probe.finish().has_value());
    EXPECT_LE(ledger().failed, 3U) << "it does not go back to one that is known not to answer";
    EXPECT_EQ(ledger().lowest_healthy, 2U);
    EXPECT_TRUE(ledger().all_writes_found);
}

TEST_F(Probed, TellsWhetherTheLastWritesWereFast) {
    const auto comes_to = [this](bool fast) {
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (std::chrono::steady_clock::now() < end) {
            if (probe.writes_fast() == fast) {
                return true;
            }
            std::this_thread::sleep_for(1ms);
        }
        return false;
    };
    EXPECT_TRUE(probe.writes_fast()) << "a probe that does not write holds nobody up";
    begin();
    EXPECT_TRUE(comes_to(true));
    etcd.fall_ill({.pod = "", .part = "/kv/put", .status = 503});
    ASSERT_TRUE(etcd.wait_for("/kv/put", etcd.asked("/kv/put") + 5));
    EXPECT_FALSE(probe.writes_fast());
    etcd.recover();
    EXPECT_TRUE(comes_to(true));
}

TEST_F(Probed, CountsChangesOfTheLeader) {
    begin();
    etcd.elect();
    ASSERT_TRUE(etcd.wait_for("/kv/put", etcd.asked("/kv/put") + 2));
    ASSERT_TRUE(probe.finish().has_value());
    EXPECT_EQ(ledger().leader_changes, 1U);
}

TEST_F(Probed, ALostWriteMakesEtcdUnhealthy) {
    begin();
    ASSERT_TRUE(etcd.wait_for("/kv/put", 20));
    etcd.forget(5);
    ASSERT_TRUE(etcd.wait_for("/kv/put", etcd.asked("/kv/put") + 2));
    world.record.health.emplace();
    const auto finished = probe.finish();
    ASSERT_FALSE(finished.has_value());
    EXPECT_EQ(finished.error().code, ErrorCode::etcd_unhealthy);
    EXPECT_THAT(finished.error().message, HasSubstr("an acknowledged write was lost"));
    ASSERT_EQ(world.record.health->findings.size(), 1U);
    EXPECT_EQ(world.record.health->findings[0].rule, "availability");
}

TEST_F(Probed, ALeaseThatRanOutIsRenewedAndNoLoss) {
    begin();
    etcd.fall_ill({.pod = "",
                   .part = "/kv/put",
                   .status = 404,
                   .body = R"({"code":5,"message":"etcdserver: requested lease not found"})"});
    etcd.let_the_lease_run_out();
    ASSERT_TRUE(etcd.wait_for("/lease/grant", 2));
    etcd.recover();
    ASSERT_TRUE(etcd.wait_for("/kv/put", etcd.asked("/kv/put") + 5));
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_THAT(ledger().lost_write, IsEmpty());
}

struct Skip {
    const char* name;
    const char* part;
    int status;
    const char* body;
    const char* note;
};

class Skipped : public Probed, public testing::WithParamInterface<Skip> {};

TEST_P(Skipped, WithANote) {
    etcd.fall_ill({.pod = "", .part = GetParam().part, .status = GetParam().status, .body = GetParam().body});
    probe.remember(view);
    probe.look(members("r2"));
    EXPECT_FALSE(probe.wait_until_writing(60s)) << "it waits for nothing";
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_EQ(ledger().acknowledged, 0U);
    EXPECT_THAT(ledger().note, HasSubstr(GetParam().note));
}

INSTANTIATE_TEST_SUITE_P(
    When, Skipped,
    testing::Values(Skip{"EtcdsUserMayNotWrite", "/kv/put", 403,
                         R"({"code":7,"message":"etcdserver: permission denied"})", "permission denied"},
                    Skip{"TheDatabaseIsFull", "/lease/grant", 429,
                         R"({"code":8,"message":"etcdserver: mvcc: database space exceeded"})",
                         "database space exceeded"},
                    Skip{"EtcdWantsALogin", "/lease/grant", 400,
                         R"({"code":3,"message":"etcdserver: user name is empty"})", "etcd wants a login"}),
    [](const auto& one) { return one.param.name; });

TEST_F(Probed, EndsWithANoteWhenNoWriteIsTaken) {
    etcd.fall_ill({.pod = "", .part = "/v3/"});
    probe.remember(view);
    probe.look(members("r2"));
    ASSERT_TRUE(etcd.wait_for("/lease/grant", 6));
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_THAT(ledger().note, HasSubstr("etcd acknowledged no write: "));
    EXPECT_EQ(ledger().lowest_healthy.value_or(0), 0U);
}

TEST_F(Probed, IsFinishedByAFailureThatLeavesNoTimeForIt) {
    {
        AvailabilityProbe short_lived(run, quick);
        short_lived.remember(view);
        short_lived.look(members("r2"));
        ASSERT_TRUE(short_lived.wait_until_writing(60s));
    }
    EXPECT_GE(ledger().acknowledged, 1U);
    EXPECT_FALSE(etcd.key_is_there());
}

TEST_F(Probed, DoesNotKeepWhoeverStopsTheRunWaitingForAWrite) {
    AvailabilityProbe patient{run, {.write_every = 1ms, .write_limit = 60s, .answer_limit = 60s, .status_every = 1ms}};
    patient.remember(view);
    patient.look(members("r2"));
    ASSERT_TRUE(patient.wait_until_writing(60s));
    etcd.fall_ill({.pod = "", .part = "/kv/put", .status = FakeEtcd::silent});
    const auto writes = etcd.asked("/kv/put");
    ASSERT_TRUE(etcd.wait_for("/kv/put", writes + 1));
    world.stop.request_stop();
    const auto begin = std::chrono::steady_clock::now();
    std::ignore = patient.finish();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s) << "it waited for the answer";
}

TEST(AvailabilityOfADeployment, IsNotMeasuredWhenItIsOff) {
    World world;
    const auto run = world.run();  // which turns it off
    AvailabilityProbe probe(run, quick);
    probe.remember(Probed::members("r1"));
    probe.look(Probed::members("r2"));
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_FALSE(world.record.availability.has_value());
}

// The lock is to be given back in that time, too.
TEST_F(Probed, TakesHalfOfTheTimeThatIsLeftForItsEndWhenTheRunIsStopped) {
    begin();
    etcd.fall_ill({.pod = "", .part = "/v3/", .status = FakeEtcd::silent});
    world.stop.request_stop();
    world.clock.pass(3s);
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(probe.finish().has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1800ms);
}

}  // namespace
