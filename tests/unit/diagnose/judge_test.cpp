#include "diagnose/judge.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace diagnose_test {
namespace {

using diagnose::Facts;
using model::Certainty;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> rules(const model::Diagnosis& diagnosis) {
    std::vector<std::string> names;
    for (const auto& cause : diagnosis.causes) {
        names.push_back(cause.rule);
    }
    return names;
}

TEST(Judge, FindsNothingWhereAllIsWell) {
    const auto verdict = diagnose::judge(well());
    EXPECT_THAT(rules(verdict.diagnosis), IsEmpty());
    EXPECT_EQ(verdict.diagnosis.main_cause(), nullptr);
    ASSERT_TRUE(verdict.health.has_value());
    EXPECT_TRUE(verdict.health->healthy());
}

TEST(Judge, RemarksThatAVolumeIsNearlyFull) {
    auto facts = well();
    (*facts.answers)[1].state.volume =
        model::VolumeUse{.claim = "data-etcd-1", .capacity = 1000000, .available = 20000};
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    EXPECT_THAT(rules(diagnosis), testing::ElementsAre("volume"));
    EXPECT_EQ(diagnosis.main_cause(), nullptr) << "it runs, still";
    EXPECT_THAT(diagnosis.looked_at, Contains(testing::Field(&model::LookedAt::seen, "etcd-1 98 % full")));
}

// One trouble each: the cause that must come first, and a word of its first command.
struct Trouble {
    std::string name;
    std::function<void(Facts&)> make;
    std::string rule;
    Certainty certainty;
    std::string headline;
    std::string command;
};

class Troubles : public testing::TestWithParam<Trouble> {};

TEST_P(Troubles, AreTracedToTheirCause) {
    auto facts = well();
    GetParam().make(facts);
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    ASSERT_FALSE(diagnosis.causes.empty());
    const auto& first = diagnosis.causes.front();
    EXPECT_EQ(first.rule, GetParam().rule) << first.headline;
    EXPECT_EQ(first.certainty, GetParam().certainty);
    EXPECT_THAT(first.headline, HasSubstr(GetParam().headline));
    EXPECT_THAT(first.headline, Not(HasSubstr("{pods}")));
    ASSERT_FALSE(first.commands.empty());
    EXPECT_THAT(first.commands.front(), HasSubstr(GetParam().command));
    EXPECT_FALSE(first.advice.empty());
}

void pending_claims(Facts& facts, const std::string& storage_class, const std::string& event_message) {
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        auto made = claim(ordinal, "Pending", storage_class);
        made.meta.resource_version = 1000;
        facts.view.upsert(made);
        replace(facts, unschedulable_pod(ordinal,
                                         "0/3 nodes are available: pod has unbound immediate "
                                         "PersistentVolumeClaims"));
        if (!event_message.empty()) {
            facts.view.upsert(event(made.meta.uid, "ProvisioningFailed", event_message));
        }
    }
}

void say(Facts& facts, const std::string& message) {
    crash(facts, 1,
          R"({"level":"fatal","ts":"2026-11-25T03:59:00.000Z","msg":"discovery failed","error":")" + message + "\"}\n");
}

std::vector<Trouble> troubles() {
    const auto image = [](Facts& facts) {
        for (int ordinal = 0; ordinal < 3; ++ordinal) {
            replace(facts, waiting_pod(ordinal, "ErrImagePull", "quay.io/coreos/etcd:v9: not found"));
        }
    };
    return {
        {"ImageNotFound", image, "image-not-found", Certainty::certain,
         "pods etcd-0, etcd-1 and etcd-2: image quay.io/coreos/etcd:v3.7.3 not found", "etcd-deploy install"},
        {"ImageName", [](Facts& facts) { replace(facts, waiting_pod(0, "InvalidImageName", "")); },
         "invalid-image-name", Certainty::certain, "no valid image name", "etcd-deploy install"},
        {"Config",
         [](Facts& facts) { replace(facts, waiting_pod(0, "CreateContainerConfigError", "secret \"x\" not found")); },
         "container-config", Certainty::certain, "cannot be configured", "describe pod etcd-0"},
        {"StorageClass",
         [](Facts& facts) { pending_claims(facts, "fast", "storageclass.storage.k8s.io \"fast\" not found"); },
         "storage-class-missing", Certainty::certain, "there is no storage class fast",
         "etcd-deploy uninstall --namespace anytrade --release etcd --delete-data --confirm etcd"},
        {"StorageClassWithoutEvents", [](Facts& facts) { pending_claims(facts, "fast", ""); }, "storage-class-missing",
         Certainty::certain, "there is no storage class fast", "etcd-deploy uninstall"},
        {"NoDefaultClass",
         [](Facts& facts) {
             pending_claims(facts, "", "");
             facts.storage_classes->front().is_default = false;
         },
         "no-default-storage-class", Certainty::certain, "no storage class is the default",
         "kubectl annotate storageclass local-path"},
        {"Provisioner", [](Facts& facts) { pending_claims(facts, good_class, "the disk array is on fire"); },
         "provisioning-failed", Certainty::likely, "the disk array is on fire", "describe pvc data-etcd-0"},
        {"VolumeLost",
         [](Facts& facts) {
             auto made = claim(2, "Lost");
             made.meta.resource_version = 1000;
             facts.view.upsert(made);
             replace(facts, unschedulable_pod(2, "no volume"));
         },
         "volume-lost", Certainty::certain, "the volume of pod etcd-2 is gone", "member remove a3"},
        {"Unschedulable",
         [](Facts& facts) { replace(facts, unschedulable_pod(1, "0/3 nodes are available: 3 Insufficient memory.")); },
         "unschedulable", Certainty::certain, "no node takes pod etcd-1: 0/3 nodes", "kubectl describe nodes"},
        {"AntiAffinity",
         [](Facts& facts) { replace(facts, unschedulable_pod(1, "3 node(s) didn't match pod anti-affinity rules")); },
         "unschedulable", Certainty::certain, "no node takes pod etcd-1", "podAntiAffinityPreset=soft"},
        {"Quota",
         [](Facts& facts) {
             facts.view.remove(pod(2));
             facts.answers->pop_back();
             facts.view.upsert(event(rollout_test::set_uid, "FailedCreate", "exceeded quota: none"));
         },
         "resource-quota", Certainty::certain, "exceeded quota: none", "describe resourcequota"},
        {"BadFlag", [](Facts& facts) { say(facts, "invalid value \\\"abc\\\" for ETCD_HEARTBEAT_INTERVAL"); },
         "bad-flag", Certainty::certain, "pod etcd-1: etcd does not accept one of its settings", "etcd-deploy install"},
        {"OutOfMemory", [](Facts& facts) { replace(facts, crashing_pod(0, 137, "OOMKilled")); }, "out-of-memory",
         Certainty::certain, "OOMKilled, limit 512Mi", "resources.limits.memory=1024Mi"},
        {"MemberRemoved", [](Facts& facts) { say(facts, "the member has been permanently removed from the cluster"); },
         "member-removed", Certainty::certain, "removed this member for good", "member remove a2"},
        {"ClusterId", [](Facts& facts) { say(facts, "cluster ID mismatch: peer[1]=2, local=3"); },
         "cluster-id-mismatch", Certainty::certain, "data of another etcd cluster", "member remove a2"},
        {"MemberCount", [](Facts& facts) { say(facts, "error validating peerURLs: member count is unequal"); },
         "member-count-unequal", Certainty::certain, "not those that etcd's cluster has", "member list"},
        {"Bootstrapped", [](Facts& facts) { say(facts, "member a2 has already been bootstrapped"); },
         "member-data-lost", Certainty::certain, "its data is lost", "member remove a2"},
        {"ToCommit",
         [](Facts& facts) {
             crash(facts, 1, "panic: tocommit(9) is out of range [lastIndex(0)]. Was the raft log corrupted?\n");
         },
         "member-data-lost", Certainty::certain, "its data is lost", "member remove a2"},
        {"Permission",
         [](Facts& facts) { say(facts, "cannot access data directory: mkdir /bitnami: permission denied"); },
         "data-dir-forbidden", Certainty::certain, "may not write", "podSecurityContext.fsGroup=1001"},
        {"DiskFull", [](Facts& facts) { say(facts, "write /bitnami/etcd/data: no space left on device"); }, "disk-full",
         Certainty::certain, "the volume is full", "data-etcd-1"},
        {"Expired", [](Facts& facts) { say(facts, "x509: certificate has expired or is not yet valid"); },
         "certificate-expired", Certainty::certain, "has expired", "get secrets"},
        {"ExpiredPeer",
         [](Facts& facts) {
             facts.certificates = {{.use = model::StoredCertificate::Use::peer,
                                    .place = {.secret = "etcd-peer-crt", .key = "tls.crt"},
                                    .expires = facts.now - std::chrono::hours(1)}};
         },
         "certificate-expired", Certainty::certain, "members show each other in Secret etcd-peer-crt has expired",
         "get secrets"},
        {"Port", [](Facts& facts) { say(facts, "listen tcp 0.0.0.0:2380: bind: address already in use"); },
         "address-in-use", Certainty::certain, "uses one of etcd's ports", "delete pod etcd-1"},
        {"Damage", [](Facts& facts) { say(facts, "walpb: crc mismatch"); }, "data-corrupt", Certainty::likely,
         "damaged", "member remove a2"},
        {"Dns", [](Facts& facts) { say(facts, "lookup etcd-2.etcd-headless: no such host"); }, "names-not-resolved",
         Certainty::likely, "not found in DNS", "get service"},
        {"KilledByItsProbe",
         [](Facts& facts) {
             replace(facts, crashing_pod(0, 0, "Completed"));
             facts.view.upsert(event("pod-0-new", "Unhealthy", "Startup probe failed: statuscode: 404", 101));
             facts.view.upsert(
                 event("pod-0-new", "Killing", "Container etcd failed startup probe, will be restarted", 102));
         },
         "probe-kills", Certainty::certain,
         "pod etcd-0: container etcd keeps being killed since its startup probe fails: statuscode: 404",
         "describe pod etcd-0"},
        {"KilledBeforeItEverAnswered",
         [](Facts& facts) {
             replace(facts, crashing_pod(0, 137));
             facts.logs.push_back({.pod = "etcd-0",
                                   .container = "etcd",
                                   .previous = true,
                                   .text = R"({"level":"warn","msg":"lookup etcd-2.etcd-headless: no such host"})"});
             facts.view.upsert(event("pod-0-new", "Unhealthy", "Startup probe failed: connection refused", 101));
             facts.view.upsert(
                 event("pod-0-new", "Killing", "Container etcd failed startup probe, will be restarted", 102));
         },
         "names-not-resolved", Certainty::likely, "not found in DNS", "get service"},
        {"AWarningBeforeItsEnd",
         [](Facts& facts) {
             crash(facts, 1,
                   "{\"level\":\"warn\",\"msg\":\"cluster ID mismatch\"}\n"
                   "{\"level\":\"fatal\",\"msg\":\"no space left on device\"}\n");
         },
         "disk-full", Certainty::certain, "the volume is full", "data-etcd-1"},
        {"Gated",
         [](Facts& facts) {
             auto gated = unschedulable_pod(1, "Scheduling is blocked due to non-empty scheduling gates");
             gated.scheduling_gates = {"example.com/queue"};
             replace(facts, gated);
         },
         "unschedulable", Certainty::certain, "scheduling gate example.com/queue", "describe pod etcd-1"},
        {"UnknownCrash", [](Facts& facts) { say(facts, "something that nobody has seen yet"); }, "crash-loop",
         Certainty::likely, "container etcd ends with exit code 1", "logs etcd-1 -c etcd --previous"},
        {"NoSpace",
         [](Facts& facts) {
             (*facts.answers)[1].alarms = std::vector<model::Alarm>{{.member_id = 0xa2, .type = "NOSPACE"}};
             (*facts.answers)[1].metrics = model::MemberMetrics{.current_revision = 4711};
         },
         "no-space-alarm", Certainty::certain, "NOSPACE", "etcdctl compact 4711"},
        {"Learner", [](Facts& facts) { (*facts.answers)[0].members->at(2).is_learner = true; }, "learner",
         Certainty::certain, "still a learner", "member promote a3"},
        {"TwoClusters", [](Facts& facts) { (*facts.answers)[2].status->cluster_id = 8; }, "one-cluster",
         Certainty::certain, "2 different clusters: etcd-0, etcd-1 to 7; etcd-2 to 8", "endpoint status"},
        {"NodeGone",
         [](Facts& facts) {
             auto made = pod(2, false);
             replace(facts, made);
             facts.view.upsert(event(made.meta.uid, "NodeNotReady", "Node is not ready"));
         },
         "node-not-ready", Certainty::certain, "node node3 does not answer, and pod etcd-2", "describe node node3"},
        {"Probe",
         [](Facts& facts) {
             auto made = pod(2, false);
             replace(facts, made);
             facts.view.upsert(event(made.meta.uid, "Unhealthy", "Readiness probe failed: HTTP 503"));
         },
         "not-ready", Certainty::likely, "its readiness probe fails: Readiness probe failed: HTTP 503", "logs etcd-2"},
        {"Pending",
         [](Facts& facts) {
             facts.releases = {{.name = "etcd",
                                .revision = 3,
                                .status = "pending-upgrade",
                                .modified = facts.now - std::chrono::hours(1)}};
         },
         "release-pending", Certainty::likely, "pending-upgrade since 1h", "etcd-deploy install"},
        {"NoRelease",
         [](Facts& facts) {
             facts.release = "etdc";
             facts.set_name.clear();
         },
         "no-release", Certainty::certain, "did you mean etcd?",
         "etcd-deploy diagnose --namespace anytrade --release etcd"},
        {"OtherNamespace",
         [](Facts& facts) {
             facts.releases->clear();
             facts.elsewhere = {{.namespace_name = "prod", .name = "etcd", .revision = 1, .status = "deployed"}};
             facts.set_name.clear();
         },
         "no-release", Certainty::certain, "there is one in namespace prod", "--namespace prod"},
        {"NoNamespace", [](Facts& facts) { facts.namespace_there = false; }, "no-namespace", Certainty::certain,
         "there is no namespace anytrade", "etcd-deploy install"},
        {"NoSet", [](Facts& facts) { facts.set_name.clear(); }, "no-stateful-set", Certainty::certain,
         "has no StatefulSet", "etcd-deploy install"},
        {"NoHeadlessService", [](Facts& facts) { facts.services->clear(); }, "headless-service-missing",
         Certainty::certain, "etcd-headless is missing", "etcd-deploy install"},
    };
}

INSTANTIATE_TEST_SUITE_P(Diagnose, Troubles, testing::ValuesIn(troubles()),
                         [](const auto& tested) { return tested.param.name; });

TEST(Judge, TellsARootCauseOnceWithWhatFollowsFromIt) {
    auto facts = well();
    pending_claims(facts, "fast", "storageclass.storage.k8s.io \"fast\" not found");
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    ASSERT_THAT(diagnosis.causes, SizeIs(1));
    EXPECT_THAT(diagnosis.causes[0].follows, Contains(HasSubstr("pod etcd-2: waiting for a node")));
    EXPECT_THAT(diagnosis.causes[0].follows,
                Contains(HasSubstr("lost its quorum: 0 of 3 members work, and 2 are needed")));
    EXPECT_THAT(diagnosis.causes[0].evidence, Contains("storage classes there are: local-path (default)"));
}

TEST(Judge, TellsALostQuorumByItselfWhenEveryPodRuns) {
    auto facts = well();
    for (std::size_t index = 1; index < 3; ++index) {
        (*facts.answers)[index] = silent_member(static_cast<int>(index), "etcdserver: request timed out");
    }
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    ASSERT_NE(diagnosis.main_cause(), nullptr);
    EXPECT_EQ(diagnosis.main_cause()->rule, "quorum-lost");
    EXPECT_THAT(diagnosis.main_cause()->headline, HasSubstr("1 of 3 members work"));
}

// Who is not let in, or does not get there, knows nothing of the quorum.
TEST(Judge, TellsNoLostQuorumOfMembersThatDoNotLetUsIn) {
    for (const auto trouble : {model::Trouble::login, model::Trouble::way, model::Trouble::certificate_untrusted,
                               model::Trouble::certificate_refused, model::Trouble::certificate_expired,
                               model::Trouble::certificate_name, model::Trouble::tls, model::Trouble::unresolved}) {
        auto facts = well();
        for (std::size_t index = 0; index < 3; ++index) {
            (*facts.answers)[index] = silent_member(static_cast<int>(index), "refused");
            (*facts.answers)[index].trouble = trouble;
        }
        for (const auto& cause : diagnose::judge(facts).diagnosis.causes) {
            EXPECT_NE(cause.rule, "quorum-lost");
        }
    }
}

TEST(Judge, TellsNothingOfEtcdWhenSomeMembersCouldNotBeAsked) {
    auto facts = well();
    facts.answers->resize(1);
    (*facts.answers)[0] = silent_member(0, "its container does not run");
    for (const auto& cause : diagnose::judge(facts).diagnosis.causes) {
        EXPECT_NE(cause.rule, "quorum-lost");
        EXPECT_NE(cause.rule, "members-running");
    }
}

TEST(Judge, GoesBackToTheRevisionThatStillRuns) {
    auto facts = well();
    facts.releases->front().revision = 5;
    facts.verified_revision = 3;  // the fourth did not work either
    facts.view.upsert([] {
        auto old = pod(0, true, "old");
        old.meta.uid = "pod-0-new";
        old.meta.resource_version = 900;
        return old;
    }());
    replace(facts, waiting_pod(2, "ErrImagePull", "not found"));
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    EXPECT_EQ(diagnosis.causes.front().commands.front(),
              "helm -n anytrade rollback etcd 3 && kubectl -n anytrade delete pod etcd-2");
    facts.verified_revision = 0;
    EXPECT_THAT(diagnose::judge(facts).diagnosis.causes.front().commands.front(), testing::StartsWith("etcd-deploy"));
}

TEST(Judge, ReplacesASickPodOfAnOlderRevision) {
    auto facts = well();
    auto sick = waiting_pod(2, "ErrImagePull", "not found");
    sick.meta.labels["controller-revision-hash"] = "older";
    replace(facts, sick);
    EXPECT_EQ(diagnose::judge(facts).diagnosis.causes.front().commands.front(),
              "kubectl -n anytrade delete pod etcd-2");
}

TEST(Judge, KeepsTheDataOfMembersThatHaveAVolumeAlready) {
    auto facts = well();
    auto made = claim(2, "Pending", "fast");
    made.meta.resource_version = 1000;
    facts.view.upsert(made);
    replace(facts, unschedulable_pod(2, "pod has unbound immediate PersistentVolumeClaims"));
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    EXPECT_EQ(diagnosis.causes.front().rule, "storage-class-missing");
    EXPECT_THAT(diagnosis.causes.front().commands, Each(Not(HasSubstr("--delete-data"))));
    EXPECT_THAT(diagnosis.causes.front().commands.front(), HasSubstr("--cascade=orphan"));
}

TEST(Judge, CallsAFailedReleaseAConsequenceWhenItsPodsFail) {
    auto facts = well();
    facts.releases->front().status = "failed";
    EXPECT_THAT(rules(diagnose::judge(facts).diagnosis), testing::ElementsAre("release-failed"));
    EXPECT_EQ(diagnose::judge(facts).diagnosis.main_cause(), nullptr) << "etcd itself is well";
    replace(facts, waiting_pod(2, "ErrImagePull", "not found"));
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    EXPECT_EQ(diagnosis.causes.front().rule, "image-not-found");
    EXPECT_THAT(diagnosis.causes.front().follows, Contains("helm counts revision 1 of release etcd is failed"));
}

TEST(Judge, TakesWhatIsForbiddenForNoProof) {
    auto facts = well();
    facts.releases.reset();
    facts.storage_classes.reset();
    facts.services.reset();
    facts.answers.reset();
    facts.saw_claims = facts.saw_events = false;
    facts.notes = {"could not look at events: needs list on events"};
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    EXPECT_THAT(rules(diagnosis), IsEmpty());
    EXPECT_EQ(diagnosis.notes, facts.notes);
}

TEST(Judge, TellsComplaintsOfTheLastMinutesOnlyAndAsPossible) {
    auto facts = well();
    facts.logs.push_back(
        {.pod = "etcd-0",
         .container = "etcd",
         .text = R"({"level":"warn","ts":"2026-11-25T01:00:00.0Z","msg":"slow fdatasync"})"
                 "\n"
                 R"({"level":"warn","ts":"2026-11-25T03:59:00.0Z","msg":"prober found high clock drift"})"});
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    EXPECT_THAT(rules(diagnosis), testing::ElementsAre("clock-skew"));
    EXPECT_EQ(diagnosis.main_cause(), nullptr);
}

TEST(Judge, TellsAnEndThatIsOverAsARemark) {
    auto facts = well();
    auto made = pod(1);
    made.meta.resource_version = 1000;
    made.containers[0].restart_count = 1;
    made.containers[0].last_terminated =
        model::Termination{.exit_code = 137, .reason = "OOMKilled", .finished = facts.now - std::chrono::minutes(5)};
    facts.view.upsert(made);
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    ASSERT_THAT(rules(diagnosis), testing::ElementsAre("out-of-memory"));
    EXPECT_EQ(diagnosis.causes[0].certainty, Certainty::possible);
    EXPECT_THAT(diagnosis.causes[0].headline, HasSubstr("pod etcd-1 is well again"));
}

TEST(Judge, QuotesNamesThatAShellWouldAct) {
    auto facts = well();
    facts.namespace_name = "a; rm -rf /";
    replace(facts, waiting_pod(0, "ErrImagePull", "not found"));
    const auto diagnosis = diagnose::judge(facts).diagnosis;
    for (const auto& command : diagnosis.causes.front().commands) {
        EXPECT_THAT(command, HasSubstr("'a; rm -rf /'"));
    }
}

}  // namespace
}  // namespace diagnose_test
