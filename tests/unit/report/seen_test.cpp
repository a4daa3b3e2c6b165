#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/report.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;

model::RunRecord failed() {
    model::RunRecord record;
    record.release = "etcd";
    record.namespace_name = "ns";
    record.touched = true;
    record.error = base::Error{.code = base::ErrorCode::rollout_failed, .message = "etcd-1 keeps crashing"};
    record.cause =
        model::Cause{.headline = "etcd-1 keeps crashing", .pod = "etcd-1", .container = "etcd", .log = "last words\n"};
    record.seen_at_failure =
        model::SeenAtFailure{.pods = {{.name = "etcd-0", .node = "node1", .phrase = "ready"},
                                      {.name = "etcd-1", .phrase = "waiting for a node", .restarts = 2}},
                             .claims = {{.name = "data-etcd-1", .phase = "Bound", .capacity = "8Gi"}},
                             .nodes = {"node node2 is not ready since noon"},
                             .events = {"first event", "second event"},
                             .logs = {{.pod = "etcd-1", .container = "etcd", .previous = true, .text = "last words"},
                                      {.pod = "etcd-1", .container = "etcd", .text = "the run after it"}},
                             .notes = {"could not look at storage classes"},
                             .folder = "the-folder"};
    return record;
}

TEST(Summary, ShowsWhatWasSeenBeforeAnythingWasUndone) {
    const auto text = report::summary_markdown(failed());
    EXPECT_THAT(text, HasSubstr("What was seen, before anything was undone"));
    for (const char* part : {"waiting for a node", "node node2 is not ready since noon", "first event\nsecond event",
                             "the run after it", "could not look at storage classes", "8Gi", "the-folder"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
}

TEST(Summary, ShowsALogOnceOnly) {
    const auto text = report::summary_markdown(failed());
    EXPECT_EQ(text.find("last words"), text.rfind("last words"));
}

TEST(Summary, HasNoSuchSectionWhenNothingWasLookedAt) {
    auto record = failed();
    record.seen_at_failure.reset();
    EXPECT_THAT(report::summary_markdown(record), Not(HasSubstr("before anything was undone")));
}

}  // namespace
