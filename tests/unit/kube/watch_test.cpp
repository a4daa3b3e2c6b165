#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "instant_clock.hpp"
#include "kube/client.hpp"
#include "support/golden.hpp"
#include "support/scripted_http.hpp"
#include "support/source_tree.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string list_line = "GET /api/v1/namespaces/ns/pods?limit=500";

std::string watch_line(const std::string& version) {
    return "GET /api/v1/namespaces/ns/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=" +
           version;
}

std::string pod_json(const std::string& name, const std::string& version) {
    return R"({"metadata":{"name":")" + name + R"(","uid":"uid-)" + name + R"(","resourceVersion":")" + version +
           R"("}})";
}

std::string list_json(const std::string& version, const std::vector<std::string>& pods) {
    return R"({"metadata":{"resourceVersion":")" + version + R"("},"items":[)" + base::join(pods, ",") + "]}";
}

std::string event(const std::string& type, const std::string& name, const std::string& version) {
    return R"({"type":")" + type + R"(","object":)" + pod_json(name, version) + "}\n";
}

std::string bookmark(const std::string& version) {
    return R"({"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":")" + version +
           R"("}}})" + "\n";
}

std::string error_event(int code, const std::string& reason, const std::string& message) {
    return R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
           R"("message":")" +
           message + R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}}\n";
}

std::string status_json(int code, const std::string& message) {
    return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message + R"(","code":)" +
           std::to_string(code) + "}";
}

// What changed, as a line of text: "synced a,b", "upserted a@5", "deleted a".
std::string told(const Change& change) {
    const auto name = [](const model::Object& object) { return std::get<model::Pod>(object).meta.name; };
    if (change.type == ChangeType::synced) {
        std::vector<std::string> names;
        for (const auto& object : change.listed) {
            names.push_back(name(object));
        }
        return "synced " + base::join(names, ",");
    }
    return (change.type == ChangeType::upserted ? "upserted " : "deleted ") + name(change.object.at(0)) + "@" +
           std::to_string(std::get<model::Pod>(change.object.at(0)).meta.resource_version);
}

class WatchTest : public testing::Test {
protected:
    base::Result<void> watch() { return watch_until(sys::Deadline::max()); }
    base::Result<void> watch_until(sys::Deadline deadline) {
        const Client client(http_, clock_, {.server = "https://cluster:6443"});
        return client.watch(
            Kind::pod, "ns",
            [this](const Change& change) {
                EXPECT_EQ(change.kind, Kind::pod);
                changes_.push_back(told(change));
            },
            [this](const std::string& trouble) { troubles_.push_back(trouble); }, {stop_.get_token(), deadline});
    }
    // The last watch of a script: the run is stopped while it stays open.
    void then_stop_at(const std::string& version) {
        http_.on(watch_line(version)).stays_open().when_asked([this](const auto&) { stop_.request_stop(); });
    }

    support::ScriptedHttp http_;
    InstantClock clock_;
    std::stop_source stop_;
    std::vector<std::string> changes_;
    std::vector<std::string> troubles_;
};

TEST_F(WatchTest, ListsAndThenWatchesFromTheListsVersion) {
    http_.on(list_line).answer(200, list_json("100", {pod_json("a", "90"), pod_json("b", "95")}));
    http_.on(watch_line("100"))
        .chunks({event("ADDED", "c", "101"), event("MODIFIED", "a", "102") + event("DELETED", "b", "103")});
    then_stop_at("103");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced a,b", "upserted c@101", "upserted a@102", "deleted b@103"));
    EXPECT_THAT(troubles_, IsEmpty());
}

TEST_F(WatchTest, WatchesAnEmptyNamespace) {
    http_.on(list_line).answer(200, list_json("7", {}));
    then_stop_at("7");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced "));
}

TEST_F(WatchTest, GoesOnFromABookmarkAndTellsNobody) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).chunks({event("ADDED", "a", "101"), bookmark("250")});
    then_stop_at("250");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced ", "upserted a@101"));
}

TEST_F(WatchTest, WatchesAgainWithoutAListWhenTheServerEndsTheStream) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).chunks({event("ADDED", "a", "101")});
    http_.on(watch_line("101")).chunks({event("MODIFIED", "a", "102")});
    then_stop_at("102");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced ", "upserted a@101", "upserted a@102"));
    EXPECT_THAT(clock_.sleeps(), IsEmpty());
    EXPECT_THAT(troubles_, IsEmpty());
}

TEST_F(WatchTest, ReplaysARecordedStreamInPiecesOfAnySize) {
    const std::string recorded = support::read_text(support::test_path("golden/kube/watch_pods.jsonl"));
    ASSERT_FALSE(recorded.empty());
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{100'000}}) {
        support::ScriptedHttp http;
        std::stop_source stop;
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < recorded.size(); at += size) {
            pieces.push_back(recorded.substr(at, size));
        }
        http.on(list_line).answer(200, list_json("3240", {}));
        http.on(watch_line("3240")).chunks(pieces);
        http.on(watch_line("4224")).stays_open().when_asked([&](const auto&) { stop.request_stop(); });
        std::vector<std::string> changes;
        const auto result = Client(http, clock_, {.server = "https://cluster"})
                                .watch(
                                    Kind::pod, "ns", [&](const Change& change) { changes.push_back(told(change)); },
                                    [](const std::string&) {}, {stop.get_token(), sys::Deadline::max()});
        EXPECT_TRUE(result.has_value());
        EXPECT_THAT(changes, ElementsAre("synced ", "upserted etcd-5@3246", "upserted etcd-5@3360",
                                         "upserted etcd-5@4213", "deleted etcd-5@4224"))
            << "in pieces of " << size;
    }
}

// The connection broke off in the middle of an object: the list has it whole.
TEST_F(WatchTest, ForgetsAHalfLineWhenTheConnectionIsLost) {
    const auto whole = event("ADDED", "b", "102");
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100"))
        .chunks({event("ADDED", "a", "101"), whole.substr(0, 40)})
        .fails(ErrorCode::unreachable, "the connection to cluster:6443 was lost");
    http_.on(list_line).answer(200, list_json("102", {pod_json("a", "101"), pod_json("b", "102")}));
    http_.on(watch_line("102")).chunks({event("MODIFIED", "b", "103")});
    then_stop_at("103");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced ", "upserted a@101", "synced a,b", "upserted b@103"));
    EXPECT_THAT(troubles_, ElementsAre(HasSubstr("the connection to cluster:6443 was lost")));
}

TEST_F(WatchTest, PassesOverEmptyLines) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).chunks({"\n\n" + event("ADDED", "a", "101") + "\n"});
    then_stop_at("101");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, SizeIs(2));
}

TEST_F(WatchTest, ListsAnewAfter410OnWhicheverWayItComes) {
    http_.on(list_line).answer(200, list_json("100", {pod_json("a", "90"), pod_json("b", "91")}));
    http_.on(watch_line("100")).answer(410, status_json(410, "too old resource version: 100 (2731)"));
    http_.on(list_line).answer(200, list_json("3000", {pod_json("a", "90"), pod_json("b", "91")}));
    http_.on(watch_line("3000"))
        .chunks({event("MODIFIED", "a", "3001"), error_event(410, "Expired", "too old resource version: 3001 (5000)"),
                 event("MODIFIED", "never", "3002")});
    // "b" was deleted while nobody looked: the new listing says so by its absence.
    http_.on(list_line).answer(200, list_json("6000", {pod_json("a", "3001")}));
    then_stop_at("6000");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced a,b", "synced a,b", "upserted a@3001", "synced a"));
    EXPECT_THAT(troubles_, IsEmpty());
}

// Each answer could come at once: without pauses the server would be asked thousands of times a second.
TEST_F(WatchTest, PausesWhenEveryWatchHasExpiredAtOnce) {
    http_.on(list_line).answer(200, list_json("100", {})).always();
    int asked = 0;
    http_.on(watch_line("100"))
        .chunks({error_event(410, "Expired", "too old resource version")})
        .always()
        .when_asked([&](const auto&) {
            if (++asked == 4) {
                stop_.request_stop();
            }
        });
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400)));
}

TEST_F(WatchTest, PausesWhenEveryWatchEndsAtOnce) {
    http_.on(list_line).answer(200, list_json("100", {}));
    int asked = 0;
    http_.on(watch_line("100")).chunks({}).always().when_asked([&](const auto&) {
        if (++asked == 4) {
            stop_.request_stop();
        }
    });
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400)));
}

// Not an expired version but, say, an internal error of the server while it watched.
TEST_F(WatchTest, TellsAnotherErrorInTheStreamPausesAndListsAnew) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).chunks({error_event(500, "InternalError", "etcd event received with PrevKv=nil")});
    http_.on(list_line).answer(200, list_json("200", {}));
    http_.on(watch_line("200")).chunks({error_event(500, "InternalError", "etcd event received with PrevKv=nil")});
    http_.on(list_line).answer(200, list_json("300", {}));
    then_stop_at("300");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(100), milliseconds(200)));
    EXPECT_THAT(troubles_, SizeIs(2));
    EXPECT_THAT(troubles_, testing::Each(HasSubstr("etcd event received with PrevKv=nil")));
}

TEST_F(WatchTest, EndsAtALineWithoutSense) {
    for (const std::string garbage : {"<html>oops</html>\n", "{\"type\":\"ADDED\"}\n", "{\n", "\x1b[31m\n"}) {
        support::ScriptedHttp http;
        http.on(list_line).answer(200, list_json("100", {}));
        http.on(watch_line("100")).chunks({garbage, event("ADDED", "never", "101")});
        std::vector<std::string> changes;
        const auto result = Client(http, clock_, {.server = "https://cluster"})
                                .watch(
                                    Kind::pod, "ns", [&](const Change& change) { changes.push_back(told(change)); },
                                    [](const std::string&) {}, {{}, sys::Deadline::max()});
        ASSERT_FALSE(result.has_value()) << garbage;
        EXPECT_EQ(result.error().code, ErrorCode::protocol);
        EXPECT_THAT(result.error().text(),
                    AllOf(HasSubstr("watching /api/v1/namespaces/ns/pods"), Not(HasSubstr("\x1b"))));
        EXPECT_THAT(changes, ElementsAre("synced "));
    }
}

TEST_F(WatchTest, EndsALineWithoutEnd) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).chunks(std::vector<std::string>(10, std::string(std::size_t{1} << 20U, ' ')));
    const auto result = watch();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::protocol);
    EXPECT_THAT(result.error().message, HasSubstr("8 MiB"));
}

TEST_F(WatchTest, BacksOffWhileTheServerIsAwayAndTellsByAListThatItIsBack) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).fails(ErrorCode::unreachable, "connection refused");
    for (int i = 0; i < 7; ++i) {
        http_.on(list_line).fails(ErrorCode::unreachable, "connection refused");
    }
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).chunks({event("ADDED", "a", "101")});
    // A new trouble: the pauses begin anew.
    http_.on(watch_line("101")).fails(ErrorCode::unreachable, "connection refused");
    http_.on(list_line).answer(200, list_json("101", {pod_json("a", "101")}));
    then_stop_at("101");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced ", "synced ", "upserted a@101", "synced a"));
    EXPECT_THAT(clock_.sleeps(), ElementsAre(milliseconds(100), milliseconds(100), milliseconds(200), milliseconds(400),
                                             milliseconds(800), milliseconds(1600), milliseconds(3200),
                                             milliseconds(200), milliseconds(100)))
        << "the watch, the list that tries for ten seconds, both";
    EXPECT_THAT(troubles_, SizeIs(3));
    EXPECT_THAT(troubles_, testing::Each(HasSubstr("connection refused")));
}

TEST_F(WatchTest, GoesOnAfterStatusesThatPass) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).answer(429, status_json(429, "too many requests")).header("retry-after", "3");
    for (const int status : {500, 502, 503, 504}) {
        http_.on(list_line).answer(200, list_json("100", {}));
        http_.on(watch_line("100")).answer(status, "");
    }
    http_.on(list_line).answer(200, list_json("100", {}));
    then_stop_at("100");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(troubles_, SizeIs(5));
    ASSERT_THAT(clock_.sleeps(), SizeIs(5));
    EXPECT_EQ(clock_.sleeps().front(), seconds(3));
}

TEST_F(WatchTest, EndsWithTheServersWordsWhenItWillNotGetBetter) {
    struct Case {
        int status;
        ErrorCode code;
    };
    for (const auto& [status, code] :
         {Case{401, ErrorCode::unauthorized}, Case{403, ErrorCode::forbidden}, Case{404, ErrorCode::not_found},
          Case{400, ErrorCode::protocol}, Case{302, ErrorCode::protocol}}) {
        for (const bool has_words : {true, false}) {
            const std::string words = "pods is forbidden: User x cannot watch resource pods";
            http_.on(list_line).answer(200, list_json("100", {}));
            http_.on(watch_line("100")).answer(status, has_words ? status_json(status, words) : "");
            const auto result = watch();
            ASSERT_FALSE(result.has_value()) << status;
            EXPECT_EQ(result.error().code, code) << status;
            EXPECT_THAT(result.error().text(), AllOf(HasSubstr("watching /api/v1/namespaces/ns/pods"),
                                                     HasSubstr(has_words ? words : std::to_string(status))));
        }
    }
    EXPECT_THAT(clock_.sleeps(), IsEmpty());
    EXPECT_THAT(troubles_, IsEmpty());
}

TEST_F(WatchTest, EndsAtOnceWhenListingIsForbidden) {
    http_.on(list_line).answer(403, status_json(403, "pods is forbidden"));
    const auto result = watch();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::forbidden);
    EXPECT_THAT(result.error().text(), AllOf(HasSubstr("listing"), HasSubstr("pods is forbidden")));
    EXPECT_THAT(changes_, IsEmpty());
}

// A list is tried for ten seconds; then the trouble is told, and it is tried again.
TEST_F(WatchTest, GoesOnListingWhileTheServerIsAway) {
    for (int i = 0; i < 8; ++i) {
        http_.on(list_line).fails(ErrorCode::unreachable, "connection refused");
    }
    http_.on(list_line).answer(200, list_json("100", {}));
    then_stop_at("100");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced "));
    EXPECT_THAT(troubles_, ElementsAre(HasSubstr("connection refused")));
}

TEST_F(WatchTest, GoesOnWhenTheListExpiresWhileItIsRead) {
    for (int i = 0; i < 3; ++i) {
        http_.on(list_line).answer(200, R"({"metadata":{"resourceVersion":"1","continue":"t"},"items":[]})");
        http_.on(list_line + "&continue=t").answer(410, status_json(410, "too old"));
    }
    http_.on(list_line).answer(200, list_json("100", {}));
    then_stop_at("100");
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, ElementsAre("synced "));
}

TEST_F(WatchTest, EndsAtTheDeadlineWithTheCause) {
    http_.on(list_line).answer(200, list_json("100", {})).always();
    http_.on(watch_line("100")).fails(ErrorCode::unreachable, "connection refused").always();
    const auto result = watch_until(clock_.now() + seconds(60));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::unreachable);
    EXPECT_THAT(result.error().text(), HasSubstr("connection refused"));
}

// A connection that is open but brings nothing more, not even the end that was asked for.
TEST_F(WatchTest, GivesTheServerALittleLongerThanTheTimeItWasAskedFor) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).fails(ErrorCode::timed_out, "no answer from cluster:6443 in time");
    http_.on(list_line).answer(200, list_json("100", {}));
    then_stop_at("100");
    EXPECT_TRUE(watch().has_value());
    const auto requests = http_.requests();
    const auto patience = requests.at(1).deadline - (clock_.now() - clock_.sleeps().at(0));
    EXPECT_GT(patience, seconds(300));
    EXPECT_LT(patience, seconds(400));
    EXPECT_THAT(troubles_, ElementsAre(HasSubstr("no answer from cluster:6443 in time")));
}

TEST_F(WatchTest, IsStoppedBeforeItBegins) {
    stop_.request_stop();
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(WatchTest, IsStoppedWhileItLists) {
    http_.on(list_line).stays_open().when_asked([&](const auto&) { stop_.request_stop(); });
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(WatchTest, IsStoppedInAPause) {
    http_.on(list_line).answer(200, list_json("100", {}));
    http_.on(watch_line("100")).fails(ErrorCode::unreachable, "connection refused");
    clock_.on_sleep = [&] { stop_.request_stop(); };
    EXPECT_TRUE(watch().has_value());
}

TEST_F(WatchTest, IsStoppedInAPauseOfTheList) {
    http_.on(list_line).fails(ErrorCode::unreachable, "connection refused");
    clock_.on_sleep = [&] { stop_.request_stop(); };
    EXPECT_TRUE(watch().has_value());
    EXPECT_THAT(troubles_, IsEmpty());
}

}  // namespace
}  // namespace kube
