// Watch streams of every state of the hopeless list, as the sandbox's API server really sent
// them: whole, cut, twice, out of order, and with a 410 in the middle.
#include <algorithm>
#include <random>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replay/recording.hpp"

namespace {

using namespace std::chrono_literals;
using replay_test::Outcome;
using replay_test::Player;
using replay_test::Step;
using replay_test::Steps;
using rollout::State;

struct Case {
    const char* name;
    model::Graces graces;
    const char* cause;  // a regular expression
    // What decides lasts for a moment only: out of order it may be over before it is seen. Then the
    // recording ends undecided, where the real watch would go on.
    bool is_fleeting = false;
};

void PrintTo(const Case& tested, std::ostream* out) {
    *out << tested.name;
}

// tests/deploy/hopeless.sh has them with the same graces.
const std::vector<Case> cases{
    Case{"image-missing", {}, "pod etcd-0: image quay.io/coreos/etcd:v9.9.9 not found"},
    Case{"image-name", {}, "pod etcd-0: '.*coreos/ETCD:.*' is no valid image name"},
    Case{"init-image", {}, "pod etcd-0: image docker.io/library/busybox:0.0 not found"},
    Case{"crash-at-once", {}, "pod etcd-0: container etcd keeps crashing, last with exit code 1"},
    Case{"init-crash", {}, "pod etcd-0: init container prepare keeps crashing, last with exit code 3"},
    Case{"no-program",
         {.create_container = 3s},
         "pod etcd-0: container etcd cannot (run|be started): .*executable file not found",
         true},
    Case{"oom",
         {},
         "pod etcd-0: container etcd keeps being killed for want of memory \\(OOMKilled\\), its limit is 6Mi"},
    Case{"no-node-affinity", {.unschedulable = 4s}, "pod etcd-[0-4] fits on no node: .*anti-affinity"},
    Case{"no-node-resources", {.unschedulable = 6s}, "pod etcd-0 fits on no node: .*Insufficient cpu"},
    Case{"no-storage-class",
         {},
         "volume claim data-etcd-0 stays unbound: storageclass.storage.k8s.io \"none-such\" not found"},
    Case{"silent-provisioner",
         {.volume_mount = 5s},
         "volume claim data-etcd-0 stays unbound: [Ww]aiting for a volume to be created"},
    Case{"quota", {.creation_refused = 3s}, "StatefulSet etcd cannot create its pods: .*exceeded quota: none"},
    Case{"pod-security", {.creation_refused = 3s}, "StatefulSet etcd cannot create its pods: .*violates PodSecurity"},
    Case{"admission", {.creation_refused = 3s}, "StatefulSet etcd cannot create its pods: .*pods need an owner"},
    Case{"no-secret",
         {.container_config = 3s},
         "pod etcd-0: container etcd cannot be configured: secret \"none-such\" not found"},
    Case{"no-configmap", {}, "pod etcd-0: container etcd cannot be configured: configmap \"none-such\" not found"},
    Case{"no-secret-volume",
         {.volume_mount = 5s},
         "pod etcd-0: MountVolume.SetUp failed for volume .*secret \"none-such\" not found"},
    Case{"not-ready",
         {.not_ready = 6s},
         "pod etcd-0: container etcd runs, but does not become ready: Readiness probe failed: HTTP probe failed with "
         "statuscode: 404"},
    Case{"terminating",
         {.stuck_terminating = 3s},
         "pod etcd-0 does not terminate on node node[123], held by the finalizer states.test/held"},
    Case{"wedged",
         {.not_ready = 5s},
         "pod etcd-0 of the old revision is not ready .*Kubernetes waits for it instead of replacing it"},
    Case{"hook-no-node",
         {.unschedulable = 4s},
         "helm waits for the hook Job etcd-hook: pod etcd-hook-.* fits on no node: .*Insufficient cpu"},
    Case{
        "hook-no-secret",
        {.container_config = 3s},
        "helm waits for the hook Job etcd-hook: pod etcd-hook-.* cannot be configured: secret \"none-such\" not found"},
    Case{"node-gone", {.node_lost = 3s}, "node node3 is not ready since .*, and pod etcd-[0-2] is on it"},
    Case{"crash-later", {}, "pod etcd-0: container etcd keeps crashing, last with exit code 7"},
};

class Replay : public testing::TestWithParam<Case> {
protected:
    void expect_cause(const Outcome& outcome, const std::string& how) const {
        EXPECT_EQ(outcome.state, State::hopeless) << how;
        EXPECT_TRUE(std::regex_search(outcome.headline, std::regex(GetParam().cause)))
            << how << ": " << outcome.headline;
    }
    [[nodiscard]] Outcome play(const Steps& steps) const { return replay_test::play(steps, GetParam().graces); }
    const Steps steps_ = replay_test::read_recording(GetParam().name);
};

TEST_P(Replay, EndsWithTheOneCause) {
    expect_cause(play(steps_), "as it was");
}

TEST_P(Replay, IsNeverTakenForDoneHoweverEarlyTheStreamBreaksOff) {
    Player player(GetParam().graces);
    for (const auto& step : steps_) {
        player.take(step);
        ASSERT_NE(player.outcome().state, State::done) << "at " << step.at;
        Player left_alone = player;
        left_alone.wait();
        ASSERT_NE(left_alone.outcome().state, State::done) << "nothing came after " << step.at;
    }
}

TEST_P(Replay, EndsTheSameWhenEverythingComesTwiceAndOldNewsLate) {
    Steps repeated;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        repeated.push_back(steps_[i]);
        repeated.push_back(steps_[i]);
        if (steps_[i].change.type != kube::ChangeType::synced && i >= 7 &&
            steps_[i - 7].change.type != kube::ChangeType::synced) {
            repeated.push_back({steps_[i].at, steps_[i - 7].change});
        }
    }
    expect_cause(play(repeated), "repeated");
}

TEST_P(Replay, EndsTheSameOutOfOrder) {
    const auto first_event = static_cast<std::ptrdiff_t>(
        std::ranges::count_if(steps_, [](const Step& step) { return step.change.type == kube::ChangeType::synced; }));
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        auto shuffled = steps_;
        std::vector<std::chrono::milliseconds> times;
        std::ranges::transform(steps_, std::back_inserter(times), &Step::at);
        const std::ptrdiff_t window = 6;
        for (auto begin = first_event; begin < std::ssize(shuffled); begin += window) {
            const auto end = std::min(begin + window, std::ssize(shuffled));
            std::shuffle(shuffled.begin() + begin, shuffled.begin() + end, random);
        }
        for (std::size_t i = 0; i < shuffled.size(); ++i) {
            shuffled[i].at = times[i];
        }
        const auto outcome = play(shuffled);
        if (GetParam().is_fleeting && outcome.state != State::hopeless) {
            EXPECT_NE(outcome.state, State::done) << "seed " << seed;
            continue;
        }
        expect_cause(outcome, "seed " + std::to_string(seed));
    }
}

// What a new listing shows of one kind.
template <typename T>
std::vector<model::Object> listed(const std::map<std::string, T>& objects) {
    std::vector<model::Object> all;
    for (const auto& [name, object] : objects) {
        all.emplace_back(object);
    }
    return all;
}

kube::Change listing(const rollout::View& view, model::Kind kind) {
    const auto synced = [kind](std::vector<model::Object> objects) {
        return kube::Change{.type = kube::ChangeType::synced, .kind = kind, .listed = std::move(objects), .object = {}};
    };
    switch (kind) {
        case model::Kind::stateful_set: return synced(listed(view.stateful_sets()));
        case model::Kind::pod: return synced(listed(view.pods()));
        case model::Kind::persistent_volume_claim: return synced(listed(view.claims()));
        case model::Kind::job: return synced(listed(view.jobs()));
        case model::Kind::event: return synced(listed(view.events()));
    }
    return {};
}

// The watch lost some events: a new listing tells what they came to.
TEST_P(Replay, EndsTheSameAfterA410) {
    const std::size_t lost = 5;
    for (std::size_t from = 5; from + lost < steps_.size(); from += 3) {
        rollout::View truth;
        Player player(GetParam().graces);
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            const auto& change = steps_[i].change;
            if (change.type == kube::ChangeType::synced) {
                truth.replace_all(change.kind, change.listed);
            }
            for (const auto& object : change.object) {
                change.type == kube::ChangeType::deleted ? truth.remove(object) : truth.upsert(object);
            }
            if (i < from || i >= from + lost) {
                player.take(steps_[i]);
            } else if (i + 1 == from + lost) {
                for (const auto kind : {model::Kind::event, model::Kind::job, model::Kind::pod,
                                        model::Kind::persistent_volume_claim, model::Kind::stateful_set}) {
                    player.take({steps_[i].at, listing(truth, kind)});
                }
            }
        }
        player.wait();
        expect_cause(player.outcome(), "410 after step " + std::to_string(from));
    }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Replay, testing::ValuesIn(cases), [](const auto& tested) {
    std::string name = tested.param.name;
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST(Recordings, AreAllPlayed) {
    std::vector<std::string> played;
    std::ranges::transform(cases, std::back_inserter(played), [](const Case& one) { return one.name; });
    EXPECT_THAT(played, testing::UnorderedElementsAreArray(replay_test::names_of_recordings()));
}

}  // namespace
