// The input: the body of an answer of etcd's JSON gateway, given to every decoder. What they
// accept is held against the JSON itself, and must be accepted again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "etcd/gateway.hpp"
#include "expect.hpp"

namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_text = 300;
constexpr int deepest = 33;  // the callback counts the object around everything as 0

bool is_harmless(const std::string& text, std::size_t limit = longest_text) {
    return text.size() <= limit && base::printable(text) == text;
}
bool is_one_line(const std::string& text) {
    return !text.empty() && is_harmless(text, longest_text + 100) && !text.contains('\n');
}

// JSON without the decoders' limits; `depth` is its nesting.
Json parse(std::string_view text, int& depth) {
    const auto measure = [&depth](int level, Json::parse_event_t /*event*/, Json& /*value*/) {
        depth = std::max(depth, level);
        return true;
    };
    return Json::parse(text, measure, false);
}

// A number as the JSON says it: a string or a number, without leading zeros; absent is 0.
std::string said(const Json& object, const char* key) {
    if (!object.contains(key) || object[key].is_null()) {
        return "0";
    }
    std::string digits = object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return digits;
}

template <typename Value>
void expect_refusal(const base::Result<Value>& result) {
    FUZZ_EXPECT(result.error().code == base::ErrorCode::protocol);
    FUZZ_EXPECT(is_one_line(result.error().message));
}

void check_status(std::string_view text, const Json& root) {
    const auto status = etcd::decode_status(text);
    if (!status) {
        return expect_refusal(status);
    }
    FUZZ_EXPECT(is_harmless(status->version));
    FUZZ_EXPECT(said(root, "leader") == std::to_string(status->leader_id));
    FUZZ_EXPECT(said(root, "raftIndex") == std::to_string(status->raft_index));
    FUZZ_EXPECT(said(root, "dbSize") == std::to_string(status->db_size));
    FUZZ_EXPECT(said(root["header"], "cluster_id") == std::to_string(status->cluster_id));
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    const Json again{{"header",
                      {{"cluster_id", number(status->cluster_id)},
                       {"member_id", number(status->member_id)},
                       {"revision", number(status->revision)}}},
                     {"leader", number(status->leader_id)},
                     {"raftTerm", number(status->raft_term)},
                     {"raftIndex", number(status->raft_index)},
                     {"raftAppliedIndex", number(status->raft_applied_index)},
                     {"dbSize", number(status->db_size)},
                     {"dbSizeInUse", number(status->db_size_in_use)},
                     {"dbSizeQuota", number(status->db_quota)},
                     {"version", status->version},
                     {"isLearner", status->is_learner}};
    const auto second = etcd::decode_status(again.dump());
    FUZZ_EXPECT(second.has_value());
    FUZZ_EXPECT(*second == *status);
}

void check_members(std::string_view text) {
    const auto members = etcd::decode_member_list(text);
    if (!members) {
        return expect_refusal(members);
    }
    FUZZ_EXPECT(!members->empty());
    Json again{{"members", Json::array()}};
    for (const auto& member : *members) {
        FUZZ_EXPECT(is_harmless(member.name));
        FUZZ_EXPECT(std::ranges::all_of(member.peer_urls, [](const auto& url) { return is_harmless(url); }));
        FUZZ_EXPECT(std::ranges::all_of(member.client_urls, [](const auto& url) { return is_harmless(url); }));
        again["members"].push_back({{"ID", std::to_string(member.id)},
                                    {"name", member.name},
                                    {"peerURLs", member.peer_urls},
                                    {"clientURLs", member.client_urls},
                                    {"isLearner", member.is_learner}});
    }
    const auto second = etcd::decode_member_list(again.dump());
    FUZZ_EXPECT(second.has_value());
    FUZZ_EXPECT(*second == *members);
}

void check_alarms(std::string_view text) {
    const auto alarms = etcd::decode_alarms(text);
    if (!alarms) {
        return expect_refusal(alarms);
    }
    Json again{{"alarms", Json::array()}};
    for (const auto& alarm : *alarms) {
        FUZZ_EXPECT(is_harmless(alarm.type));
        again["alarms"].push_back({{"memberID", std::to_string(alarm.member_id)}, {"alarm", alarm.type}});
    }
    const auto second = etcd::decode_alarms(again.dump());
    FUZZ_EXPECT(second.has_value());
    FUZZ_EXPECT(*second == *alarms);
}

void check_hash(std::string_view text, const Json& root) {
    const auto hash = etcd::decode_data_hash(text);
    if (!hash) {
        return expect_refusal(hash);
    }
    FUZZ_EXPECT(said(root, "hash") == std::to_string(hash->hash));
    const auto compacted = said(root, "compact_revision");
    FUZZ_EXPECT(compacted == "-1" ? hash->compact_revision == 0 : compacted == std::to_string(hash->compact_revision));
    const Json again{{"header", {{"revision", std::to_string(hash->revision)}}},
                     {"hash", hash->hash},
                     {"compact_revision", std::to_string(hash->compact_revision)}};
    FUZZ_EXPECT(etcd::decode_data_hash(again.dump()) == *hash);
}

void check_login(std::string_view text) {
    const auto token = etcd::decode_token(text);
    if (!token) {
        return expect_refusal(token);
    }
    FUZZ_EXPECT(!token->empty());
    FUZZ_EXPECT(etcd::decode_token(Json{{"token", *token}}.dump()) == *token);
}

// The same answer to every question.
void check_questions(const std::string& body, int http_status) {
    FUZZ_EXPECT(is_one_line(etcd::decode_error(http_status, body)));
    const sys::HttpResponse answer{.status = http_status, .headers = {}, .body = body};
    FUZZ_EXPECT(!(etcd::wants_login(answer) && http_status == 200));
    const etcd::Transport transport = [&](const std::string& /*path*/, const std::string& json) {
        FUZZ_EXPECT(Json::accept(json));
        return base::Result<sys::HttpResponse>(answer);
    };
    const auto answers = etcd::ask("etcd-0", "node", transport);
    FUZZ_EXPECT(std::ranges::all_of(answers.failures, is_one_line));
    FUZZ_EXPECT(http_status == 200 || !(answers.status || answers.members || answers.alarms));
    const auto hash = etcd::hash_data(7, transport);
    FUZZ_EXPECT(hash ? hash->revision == 7 && http_status == 200 : is_one_line(hash.error().message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    int depth = 0;
    const Json root = parse(text, depth);
    if (!root.is_object() || depth > deepest) {
        FUZZ_EXPECT(!etcd::decode_status(text) && !etcd::decode_member_list(text) && !etcd::decode_alarms(text) &&
                    !etcd::decode_data_hash(text) && !etcd::decode_token(text));
    }
    check_status(text, root);
    check_members(text);
    check_alarms(text);
    check_hash(text, root);
    check_login(text);
    check_questions(text, 200);
    check_questions(text, 400);
    return 0;
}
