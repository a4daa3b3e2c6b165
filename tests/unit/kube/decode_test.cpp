// The recordings below tests/golden/kube come from the sandbox (Kubernetes 1.37), with
// most of managedFields and of the pod specs cut away.
#include "kube/decode.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "support/golden.hpp"
#include "support/source_tree.hpp"

namespace kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string recording(const std::string& name) {
    return support::read_text(support::test_path("golden/kube") / name);
}

model::Timestamp time(const std::string& text) {
    return parse_timestamp(text).value();
}

template <typename T>
std::vector<T> decoded(Kind kind, const std::string& text) {
    const auto list = decode_list(kind, text);
    EXPECT_TRUE(list.has_value()) << (list ? "" : list.error().text());
    std::vector<T> items;
    if (list) {
        for (const auto& item : list->items) {
            items.push_back(std::get<T>(item));
        }
    }
    return items;
}

constexpr const char* head = R"("metadata":{"name":"x","uid":"u","resourceVersion":"5"})";

// One object with this beside its metadata.
std::string list_of(const std::string& rest) {
    return R"({"metadata":{"resourceVersion":"9"},"items":[{)" + std::string(head) + (rest.empty() ? "" : ",") + rest +
           "}]}";
}

TEST(Decode, ReadsARecordedStatefulSet) {
    const auto sets = decoded<model::StatefulSet>(Kind::stateful_set, recording("statefulsets.json"));
    ASSERT_EQ(sets.size(), 1U);
    const auto& set = sets.front();
    EXPECT_EQ(set.meta.name, "etcd");
    EXPECT_EQ(set.meta.uid, "a8928db4-d2ae-4da5-893d-6206e6d8052b");
    EXPECT_EQ(set.meta.resource_version, 3433U);
    EXPECT_EQ(set.meta.generation, 1);
    EXPECT_THAT(set.meta.labels, ElementsAre(Pair("app", "etcd")));
    EXPECT_THAT(set.meta.annotations, ElementsAre(Pair("note", "ünïcode")));
    EXPECT_EQ(set.meta.created, time("2026-11-24T03:10:19Z"));
    EXPECT_FALSE(set.meta.deleted.has_value());
    EXPECT_EQ(set.replicas, 2);
    EXPECT_EQ(set.service_name, "etcd-headless");
    EXPECT_FALSE(set.ordered_ready);
    EXPECT_FALSE(set.on_delete);
    EXPECT_EQ(set.partition, 6);
    EXPECT_EQ(set.min_ready_seconds, 3);
    EXPECT_EQ(set.first_ordinal, 5);
    EXPECT_THAT(set.selector, ElementsAre(Pair("app", "etcd")));
    EXPECT_THAT(set.claim_templates, ElementsAre("data"));
    ASSERT_EQ(set.pod_template.ports.size(), 2U);
    EXPECT_EQ(set.pod_template.ports[0].container, "etcd");
    EXPECT_EQ(set.pod_template.ports[0].name, "client");
    EXPECT_EQ(set.pod_template.ports[0].number, 2379);
    EXPECT_EQ(set.status.observed_generation, 1);
    EXPECT_EQ(set.status.replicas, 2);
    EXPECT_EQ(set.status.available_replicas, 2);
    EXPECT_EQ(set.status.current_revision, "etcd-7dbd446996");
    EXPECT_EQ(set.status.update_revision, "etcd-7dbd446996");
}

TEST(Decode, TakesTheApisDefaultsForWhatIsNotSaid) {
    const auto sets = decoded<model::StatefulSet>(Kind::stateful_set, list_of(""));
    ASSERT_EQ(sets.size(), 1U);
    EXPECT_EQ(sets[0].replicas, 1);
    EXPECT_TRUE(sets[0].ordered_ready);
    EXPECT_FALSE(sets[0].on_delete);
    EXPECT_EQ(sets[0].first_ordinal, 0);
    EXPECT_EQ(sets[0].status.observed_generation, 0);
    EXPECT_TRUE(sets[0].pod_template.ports.empty());
}

TEST(Decode, ReadsRecordedPods) {
    const auto pods = decoded<model::Pod>(Kind::pod, recording("pods.json"));
    ASSERT_EQ(pods.size(), 3U);

    const auto& crash = pods[0];
    EXPECT_EQ(crash.meta.name, "crash");
    EXPECT_FALSE(crash.ready());
    EXPECT_EQ(crash.restarts(), 5);
    ASSERT_EQ(crash.containers.size(), 1U);
    EXPECT_FALSE(crash.containers[0].running);
    EXPECT_EQ(crash.containers[0].waiting_reason, "");
    ASSERT_TRUE(crash.containers[0].terminated && crash.containers[0].last_terminated);
    EXPECT_EQ(crash.containers[0].terminated->exit_code, 1);
    EXPECT_EQ(crash.containers[0].last_terminated->reason, "Error");

    const auto& member = pods[1];
    EXPECT_EQ(member.meta.name, "etcd-5");
    ASSERT_EQ(member.meta.owners.size(), 1U);
    EXPECT_EQ(member.meta.owners[0].kind, "StatefulSet");
    EXPECT_EQ(member.meta.owners[0].uid, "a8928db4-d2ae-4da5-893d-6206e6d8052b");
    EXPECT_EQ(member.meta.labels.at("controller-revision-hash"), "etcd-7dbd446996");
    EXPECT_EQ(member.node, "node3");
    EXPECT_EQ(member.phase, "Running");
    EXPECT_EQ(member.ip, "10.97.3.15");
    EXPECT_TRUE(member.ready());
    EXPECT_FALSE(member.terminating());
    ASSERT_EQ(member.containers.size(), 2U);
    EXPECT_TRUE(member.containers[0].is_init);
    EXPECT_EQ(member.containers[0].name, "first");
    EXPECT_EQ(member.containers[0].terminated.value().exit_code, 0);
    EXPECT_FALSE(member.containers[1].is_init);
    EXPECT_TRUE(member.containers[1].ready && member.containers[1].running);
    EXPECT_EQ(member.containers[1].image, "quay.io/coreos/etcd:v3.7.3");
    const auto* ready = member.condition("Ready");
    ASSERT_NE(ready, nullptr);
    EXPECT_EQ(ready->last_transition, time("2026-11-24T03:10:22Z"));

    const auto& nopull = pods[2];
    EXPECT_EQ(nopull.phase, "Pending");
    ASSERT_EQ(nopull.containers.size(), 1U);
    EXPECT_EQ(nopull.containers[0].waiting_reason, "ImagePullBackOff");
    EXPECT_THAT(nopull.containers[0].waiting_message, HasSubstr("quay.io/coreos/nothing:v0: not found"));
    EXPECT_EQ(nopull.condition("Ready")->reason, "ContainersNotReady");
}

TEST(Decode, ReadsWhatKeepsAMemberFromBeingReadyOrFromLeaving) {
    const auto pods = decoded<model::Pod>(Kind::pod, R"({"metadata":{"resourceVersion":"9"},"items":[{
        "metadata":{"name":"x","uid":"u","resourceVersion":"5","finalizers":["example.com/held"]},
        "spec":{"initContainers":[{"name":"prepare"}],
                "containers":[{"name":"etcd","resources":{"limits":{"memory":"64Mi"}}}]},
        "status":{"initContainerStatuses":[{"name":"prepare"}],
                  "containerStatuses":[{"name":"etcd","started":false}]}}]})");
    ASSERT_EQ(pods.size(), 1U);
    EXPECT_THAT(pods[0].meta.finalizers, ElementsAre("example.com/held"));
    ASSERT_EQ(pods[0].containers.size(), 2U);
    EXPECT_TRUE(pods[0].containers[0].started) << "nothing is said";
    EXPECT_EQ(pods[0].containers[0].memory_limit, "");
    EXPECT_FALSE(pods[0].containers[1].started);
    EXPECT_EQ(pods[0].containers[1].memory_limit, "64Mi");
}

TEST(Decode, ReadsWhetherANodeIsReady) {
    const auto ready = decode_node_readiness(R"({"status":{"conditions":[
        {"type":"MemoryPressure","status":"Unknown"},
        {"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown","message":"Kubelet stopped posting",
         "lastTransitionTime":"2026-11-24T03:10:19Z"}]}})");
    ASSERT_TRUE(ready.has_value());
    EXPECT_EQ(ready->status, "Unknown");
    EXPECT_EQ(ready->reason, "NodeStatusUnknown");
    EXPECT_EQ(ready->last_transition, time("2026-11-24T03:10:19Z"));
    EXPECT_EQ(decode_node_readiness("{}")->status, "Unknown") << "it has never told";
    EXPECT_FALSE(decode_node_readiness("nonsense").has_value());
}

TEST(Decode, ReadsRecordedClaims) {
    const auto claims = decoded<model::PersistentVolumeClaim>(Kind::persistent_volume_claim, recording("claims.json"));
    ASSERT_EQ(claims.size(), 2U);
    EXPECT_EQ(claims[0].meta.name, "data-etcd-5");
    EXPECT_EQ(claims[0].phase, "Bound");
    EXPECT_EQ(claims[0].storage_class, "standard");
    EXPECT_EQ(claims[0].capacity, "1Gi");
    EXPECT_EQ(claims[0].volume, "pvc-9049d687-4683-4ebe-9b08-26384fba1617");
    // Not bound: the capacity is what was asked for.
    EXPECT_EQ(claims[1].phase, "Pending");
    EXPECT_EQ(claims[1].capacity, "3Gi");
    EXPECT_EQ(claims[1].volume, "");
}

TEST(Decode, ReadsRecordedJobs) {
    const auto jobs = decoded<model::Job>(Kind::job, recording("jobs.json"));
    ASSERT_EQ(jobs.size(), 2U);
    EXPECT_EQ(jobs[0].meta.name, "bad");
    EXPECT_EQ(jobs[0].failed, 1);
    EXPECT_FALSE(jobs[0].is_complete());
    EXPECT_EQ(jobs[0].backoff_limit, 0);
    EXPECT_FALSE(jobs[0].is_hook());
    ASSERT_EQ(jobs[0].conditions.size(), 2U);
    EXPECT_EQ(jobs[0].conditions[1].type, "Failed");
    EXPECT_EQ(jobs[0].conditions[1].reason, "BackoffLimitExceeded");
    EXPECT_EQ(jobs[1].meta.name, "good");
    EXPECT_TRUE(jobs[1].is_complete());
    EXPECT_EQ(jobs[1].backoff_limit, 6);
    EXPECT_TRUE(jobs[1].is_hook());
}

TEST(Decode, ReadsRecordedEventsOfBothDialects) {
    const auto events = decoded<model::Event>(Kind::event, recording("events.json"));
    ASSERT_EQ(events.size(), 5U);
    // Counted: the newest time is lastTimestamp.
    const auto& backoff = events[1];
    EXPECT_EQ(backoff.type, "Warning");
    EXPECT_EQ(backoff.reason, "BackOff");
    EXPECT_THAT(backoff.message, HasSubstr("Back-off restarting failed container"));
    EXPECT_EQ(backoff.object_kind, "Pod");
    EXPECT_EQ(backoff.object_name, "crash");
    EXPECT_EQ(backoff.object_uid, "7843c222-256c-4292-ac41-e7109274dd8f");
    EXPECT_EQ(backoff.seen, time("2026-11-24T03:13:27Z"));
    // Of events.k8s.io: the old timestamps are null, there is only eventTime.
    EXPECT_EQ(events[3].reason, "Scheduled");
    EXPECT_EQ(events[3].seen, time("2026-11-24T03:10:20.998299Z"));
}

TEST(Decode, KnowsWhichContainerAnEventIsAbout) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"spec.containers{etcd}", "etcd"}, {"spec.initContainers{prepare}", "prepare"},
        {"spec.containers", ""},           {"{etcd}", ""},
        {"spec.containers{etcd", ""},      {"spec.{", ""}};
    for (const auto& [path, expected] : cases) {
        const auto events =
            decoded<model::Event>(Kind::event, list_of(R"("involvedObject":{"fieldPath":")" + path + R"("})"));
        ASSERT_EQ(events.size(), 1U) << path;
        EXPECT_EQ(events[0].container, expected) << path;
    }
}

TEST(Decode, ReadsWhoIsToFindANodeForAPod) {
    const auto pods = decoded<model::Pod>(
        Kind::pod, list_of(R"("spec":{"schedulerName":"mine","schedulingGates":[{"name":"a/b"},{"name":"c"}]})"));
    ASSERT_EQ(pods.size(), 1U);
    EXPECT_EQ(pods[0].scheduler, "mine");
    EXPECT_EQ(pods[0].scheduling_gates, (std::vector<std::string>{"a/b", "c"}));
}

TEST(Decode, TakesTheNewestTimeOfAnEvent) {
    const std::string first = R"("firstTimestamp":"2026-01-01T00:00:01Z")";
    const std::string last = R"("lastTimestamp":"2026-01-01T00:00:02Z")";
    const std::string event_time = R"("eventTime":"2026-01-01T00:00:03.5Z")";
    const std::string series = R"("series":{"count":7,"lastObservedTime":"2026-01-01T00:00:04Z"})";
    const std::string created = R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"x","uid":"u",)"
                                R"("resourceVersion":"5","creationTimestamp":"2026-01-01T00:00:00Z"}}]})";
    const std::vector<std::pair<std::string, std::string>> cases{
        {list_of(first), "2026-01-01T00:00:01Z"},
        {list_of(first + "," + last), "2026-01-01T00:00:02Z"},
        {list_of(last + "," + event_time), "2026-01-01T00:00:03.5Z"},
        {list_of(event_time + "," + series), "2026-01-01T00:00:04Z"},
        {list_of(R"("firstTimestamp":null,"lastTimestamp":null,"series":null,)" + event_time),
         "2026-01-01T00:00:03.5Z"},
        {created, "2026-01-01T00:00:00Z"},
    };
    for (const auto& [text, expected] : cases) {
        const auto events = decoded<model::Event>(Kind::event, text);
        ASSERT_EQ(events.size(), 1U) << text;
        EXPECT_EQ(events[0].seen, time(expected)) << text;
    }
}

TEST(Decode, ReadsARecordedWatchLineByLine) {
    const auto lines = base::nonempty_lines(recording("watch_pods.jsonl"));
    ASSERT_EQ(lines.size(), 5U);
    std::vector<WatchLine> read;
    for (const auto& line : lines) {
        auto decoded = decode_watch_line(Kind::pod, line);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
        read.push_back(std::move(*decoded));
    }
    EXPECT_EQ(read[0].type, WatchLine::Type::upserted);
    EXPECT_EQ(read[0].resource_version, "3246");
    EXPECT_EQ(std::get<model::Pod>(read[0].object.at(0)).phase, "Pending");
    EXPECT_EQ(read[1].type, WatchLine::Type::upserted);
    EXPECT_TRUE(std::get<model::Pod>(read[1].object.at(0)).ready());
    EXPECT_EQ(read[2].type, WatchLine::Type::bookmark);
    EXPECT_EQ(read[2].resource_version, "3725");
    EXPECT_TRUE(read[2].object.empty());
    // Being deleted, with its grace period of 2 s.
    const auto& leaving = std::get<model::Pod>(read[3].object.at(0));
    EXPECT_TRUE(leaving.terminating());
    EXPECT_EQ(leaving.meta.deleted, time("2026-11-24T03:14:07Z"));
    EXPECT_EQ(leaving.meta.deletion_grace_seconds, 2);
    EXPECT_EQ(read[4].type, WatchLine::Type::deleted);
    EXPECT_EQ(read[4].resource_version, "4224");
    EXPECT_EQ(std::get<model::Pod>(read[4].object.at(0)).meta.name, "etcd-5");
}

TEST(Decode, TellsAnExpiredVersionFromOtherErrorsInAStream) {
    // Recorded: Kubernetes 1.37 answers 200, and then this.
    const std::string recorded =
        R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
        R"x("message":"too old resource version: 1 (2731)","reason":"Expired","code":410}})x";
    const auto status = [](const std::string& rest) {
        return R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1",)" + rest + "}}";
    };
    struct Case {
        std::string line;
        WatchLine::Type type;
        std::string message;
    };
    const std::vector<Case> cases{
        {recorded, WatchLine::Type::gone, "too old resource version: 1 (2731)"},
        {status(R"("code":410)"), WatchLine::Type::gone, ""},
        {status(R"("reason":"Gone")"), WatchLine::Type::gone, "Gone"},
        {status(R"("code":500,"message":"etcd event received with PrevKv=nil\u001b[31m")"), WatchLine::Type::error,
         "etcd event received with PrevKv=nil"},
        {status(R"("code":429,"reason":"TooManyRequests")"), WatchLine::Type::error, "TooManyRequests"},
        {R"({"type":"ERROR"})", WatchLine::Type::error, ""},
        {R"({"type":"ERROR","object":{"code":410}})", WatchLine::Type::error, ""},
    };
    for (const auto& [line, type, message] : cases) {
        const auto decoded = decode_watch_line(Kind::pod, line);
        ASSERT_TRUE(decoded.has_value()) << line;
        EXPECT_EQ(decoded->type, type) << line;
        EXPECT_EQ(decoded->message, message) << line;
    }
}

TEST(Decode, RefusesAWatchLineWithoutSense) {
    const std::vector<std::string> cases{
        "",
        "null",
        "[]",
        "\"ADDED\"",
        "upstream connect error",
        "{}",
        R"({"type":"ADDED"})",
        R"({"type":"ADDED","object":null})",
        R"({"type":"ADDED","object":[]})",
        R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})",
        R"({"type":"BOOKMARK","object":{"metadata":{}}})",
        R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":7}}})",
        R"({"type":"CHANGED","object":{)" + std::string(head) + "}}",
        R"({"type":5,"object":{)" + std::string(head) + "}}",
        R"({"type":"ERROR","object":"no"})",
    };
    for (const auto& line : cases) {
        const auto decoded = decode_watch_line(Kind::pod, line);
        ASSERT_FALSE(decoded.has_value()) << line;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::protocol) << line;
    }
}

TEST(Decode, ReadsListsWithoutItems) {
    for (const std::string items : {"[]", "null"}) {
        const auto list =
            decode_list(Kind::pod, R"({"metadata":{"resourceVersion":"12","continue":"abc"},"items":)" + items + "}");
        ASSERT_TRUE(list.has_value()) << items;
        EXPECT_TRUE(list->items.empty());
        EXPECT_EQ(list->resource_version, "12");
        EXPECT_EQ(list->continue_token, "abc");
    }
}

TEST(Decode, RefusesWhatIsNoList) {
    const std::vector<std::string> cases{
        "",
        "null",
        "[]",
        "\"items\"",
        "{}",
        R"({"items":[]})",
        R"({"items":[],"metadata":{}})",
        R"({"items":[],"metadata":{"resourceVersion":""}})",
        R"({"items":[],"metadata":{"resourceVersion":12}})",
        R"({"items":{},"metadata":{"resourceVersion":"12"}})",
        R"({"items":[null],"metadata":{"resourceVersion":"12"}})",
        R"({"items":["pod"],"metadata":{"resourceVersion":"12"}})",
        R"({"items":[[]],"metadata":{"resourceVersion":"12"}})",
        R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":403})",
        recording("pods.json").substr(0, 5000),
    };
    for (const auto& text : cases) {
        const auto list = decode_list(Kind::pod, text);
        ASSERT_FALSE(list.has_value()) << text;
        EXPECT_EQ(list.error().code, base::ErrorCode::protocol) << text;
    }
}

TEST(Decode, RefusesMetadataThatCannotBeTrusted) {
    const std::vector<std::string> cases{
        R"(null)",
        R"([])",
        R"({})",
        R"({"uid":"u","resourceVersion":"5"})",
        R"({"name":"x","resourceVersion":"5"})",
        R"({"name":"x","uid":"u"})",
        R"({"name":7,"uid":"u","resourceVersion":"5"})",
        R"({"name":"x","uid":"u","resourceVersion":"five"})",
        R"({"name":"x","uid":"u","resourceVersion":"-5"})",
        R"({"name":"x","uid":"u","resourceVersion":"5 "})",
        R"({"name":"x","uid":"u","resourceVersion":"99999999999999999999"})",
        R"({"name":"x","uid":"u","resourceVersion":"5","generation":1e300})",
        R"({"name":"x","uid":"u","resourceVersion":"5","generation":"1"})",
        R"({"name":"x","uid":"u","resourceVersion":"5","labels":[]})",
        R"({"name":"x","uid":"u","resourceVersion":"5","labels":{"a":1}})",
        R"({"name":"x","uid":"u","resourceVersion":"5","ownerReferences":{}})",
        R"({"name":"x","uid":"u","resourceVersion":"5","ownerReferences":[{"kind":"StatefulSet"}]})",
        R"({"name":"x","uid":"u","resourceVersion":"5","creationTimestamp":"yesterday"})",
        R"({"name":"x","uid":"u","resourceVersion":"5","deletionTimestamp":12})",
    };
    for (const auto& metadata : cases) {
        for (const auto kind : {Kind::stateful_set, Kind::pod, Kind::persistent_volume_claim, Kind::job, Kind::event}) {
            const auto list =
                decode_list(kind, R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":)" + metadata + "}]}");
            ASSERT_FALSE(list.has_value()) << metadata;
            EXPECT_EQ(list.error().code, base::ErrorCode::protocol) << metadata;
        }
    }
}

TEST(Decode, RefusesFieldsOfAnotherType) {
    const std::vector<std::pair<Kind, std::string>> cases{
        {Kind::stateful_set, R"("spec":[])"},
        {Kind::stateful_set, R"("spec":{"replicas":"3"})"},
        {Kind::stateful_set, R"("spec":{"replicas":1.5})"},
        {Kind::stateful_set, R"("spec":{"replicas":4294967296})"},
        {Kind::stateful_set, R"("spec":{"updateStrategy":"OnDelete"})"},
        {Kind::stateful_set, R"("spec":{"volumeClaimTemplates":[{}]})"},
        {Kind::stateful_set, R"("spec":{"template":{"spec":{"containers":{}}}})"},
        {Kind::stateful_set, R"("spec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":"x"}]}]}}})"},
        {Kind::stateful_set, R"("status":7)"},
        {Kind::pod, R"("spec":{"nodeName":5})"},
        {Kind::pod, R"("status":{"phase":[]})"},
        {Kind::pod, R"("status":{"conditions":{}})"},
        {Kind::pod, R"("status":{"conditions":[{"type":true}]})"},
        {Kind::pod, R"("status":{"containerStatuses":[{}]})"},
        {Kind::pod, R"("status":{"containerStatuses":[{"name":"x","ready":"yes"}]})"},
        {Kind::pod, R"("status":{"containerStatuses":[{"name":"x","state":"running"}]})"},
        {Kind::pod, R"("status":{"containerStatuses":[{"name":"x","state":{"terminated":{"exitCode":"1"}}}]})"},
        {Kind::persistent_volume_claim, R"("status":{"capacity":{"storage":8}})"},
        {Kind::persistent_volume_claim, R"("spec":{"resources":{"requests":[]}})"},
        {Kind::job, R"("status":{"failed":-9223372036854775809})"},
        {Kind::job, R"("status":{"conditions":[{"lastTransitionTime":"soon"}]})"},
        {Kind::event, R"("involvedObject":"pod/x")"},
        {Kind::event, R"("eventTime":0)"},
    };
    for (const auto& [kind, rest] : cases) {
        const auto list = decode_list(kind, list_of(rest));
        ASSERT_FALSE(list.has_value()) << rest;
        EXPECT_EQ(list.error().code, base::ErrorCode::protocol) << rest;
    }
}

TEST(Decode, CountsNullsAsAbsentEverywhere) {
    const std::vector<std::pair<Kind, std::string>> cases{
        {Kind::stateful_set, R"("spec":null,"status":null)"},
        {Kind::stateful_set, R"("spec":{"replicas":null,"updateStrategy":null,"ordinals":null,"selector":null,)"
                             R"("volumeClaimTemplates":null,"template":{"spec":{"containers":null}}})"},
        {Kind::pod, R"("spec":null,"status":{"conditions":null,"containerStatuses":null})"},
        {Kind::pod, R"("status":{"containerStatuses":[{"name":"x","state":null,"lastState":{"terminated":null}}]})"},
        {Kind::persistent_volume_claim, R"("spec":{"storageClassName":null,"resources":null},"status":null)"},
        {Kind::job, R"("status":{"succeeded":null,"conditions":null})"},
        {Kind::event, R"("involvedObject":null,"firstTimestamp":null,"eventTime":null,"series":null)"},
    };
    for (const auto& [kind, rest] : cases) {
        const auto list = decode_list(kind, list_of(rest));
        ASSERT_TRUE(list.has_value()) << rest << ": " << list.error().text();
        EXPECT_EQ(list->items.size(), 1U);
    }
}

// The API server accepts such objects: whoever reckons with these numbers must not overflow.
TEST(Decode, CutsAbsurdNumbersToWhatCanBeReckonedWith) {
    const auto sets = decoded<model::StatefulSet>(
        Kind::stateful_set,
        list_of(R"("spec":{"replicas":2147483647,"ordinals":{"start":2147483647},"minReadySeconds":-1})"));
    ASSERT_EQ(sets.size(), 1U);
    EXPECT_LE(sets[0].replicas, 100'000);
    EXPECT_LE(sets[0].first_ordinal, 1'000'000'000);
    const auto negative = decoded<model::StatefulSet>(
        Kind::stateful_set, list_of(R"("spec":{"replicas":-7,"ordinals":{"start":-2147483648}})"));
    ASSERT_EQ(negative.size(), 1U);
    EXPECT_EQ(negative[0].replicas, 0);
    EXPECT_EQ(negative[0].first_ordinal, 0);

    for (const std::string seconds : {"9223372036854775807", "-9223372036854775808"}) {
        const auto pods = decoded<model::Pod>(
            Kind::pod, R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"x","uid":"u",)"
                       R"("resourceVersion":"5","deletionGracePeriodSeconds":)" +
                           seconds + "}}]}");
        ASSERT_EQ(pods.size(), 1U);
        EXPECT_GE(pods[0].meta.deletion_grace_seconds, 0);
        EXPECT_LE(pods[0].meta.deletion_grace_seconds, 366LL * 24 * 3600);
    }
}

TEST(Decode, ReadsOneStatefulSet) {
    const auto set = decode_stateful_set("{" + std::string(head) + R"(,"spec":{"replicas":3}})");
    ASSERT_TRUE(set.has_value());
    EXPECT_EQ(set->replicas, 3);
    for (const std::string text : {"", "null", "[]", "{}", "7"}) {
        EXPECT_FALSE(decode_stateful_set(text).has_value()) << text;
    }
}

TEST(Decode, ReadsAStatusAndNothingElse) {
    const auto status = decode_status(
        R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","message":"pods \"x\" not found"})");
    EXPECT_EQ(status.reason, "NotFound");
    EXPECT_EQ(status.message, "pods \"x\" not found");
    const std::vector<std::string> others{
        "",
        "not found",
        "[]",
        R"({"message":"hello"})",
        R"({"kind":"Status","message":"hello"})",
        R"({"kind":"Status","apiVersion":"v2","message":"hello"})",
        R"({"kind":"Status","apiVersion":"v1","message":7})",
        R"({"code":5,"message":"etcd's own words","details":[]})",
    };
    for (const auto& text : others) {
        EXPECT_EQ(decode_status(text).message, "") << text;
    }
}

}  // namespace
}  // namespace kube
