#include "etcd/gateway.hpp"

#include <charconv>
#include <chrono>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace etcd {
namespace {

using base::ErrorCode;
using Json = nlohmann::json;

constexpr std::size_t message_limit = 300;
// google.rpc.Code
constexpr int invalid_argument = 3;
constexpr int permission_denied = 7;
constexpr int unauthenticated = 16;
constexpr int deepest = 32;

// An answer is hostile until it is read: wrong types throw, and stop in `decoded`.
struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

Json parse(std::string_view text) {
    const auto limit_depth = [](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
        if (depth > deepest) {
            throw Malformed("nested too deeply");
        }
        return true;
    };
    auto value = Json::parse(text, limit_depth);
    if (!value.is_object()) {
        throw Malformed("no JSON object");
    }
    return value;
}

const Json* find(const Json& object, const char* key) {
    if (!object.is_object()) {
        throw Malformed(std::string("no object around ") + key);
    }
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

// 64-bit integers are strings in protobuf's JSON; numbers are taken as well.
std::uint64_t number(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (value == nullptr) {
        return 0;
    }
    if (value->is_number_unsigned()) {
        return value->get<std::uint64_t>();
    }
    if (value->is_string()) {
        const auto& text = value->get_ref<const std::string&>();
        std::uint64_t parsed = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
        if (error == std::errc() && end == text.data() + text.size()) {
            return parsed;
        }
    }
    throw Malformed(std::string(key) + " is no unsigned number");
}

std::string text(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string()) {
        throw Malformed(std::string(key) + " is no text");
    }
    return base::shorten(base::printable(value->get<std::string>()), message_limit);
}

bool flag(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (value != nullptr && !value->is_boolean()) {
        throw Malformed(std::string(key) + " is neither true nor false");
    }
    return value != nullptr && value->get<bool>();
}

template <typename Each>
void for_each(const Json& object, const char* key, const Each& each) {
    const Json* list = find(object, key);
    if (list == nullptr) {
        return;
    }
    if (!list->is_array()) {
        throw Malformed(std::string(key) + " is no list");
    }
    for (const auto& item : *list) {
        each(item);
    }
}

std::vector<std::string> texts(const Json& object, const char* key) {
    std::vector<std::string> found;
    for_each(object, key, [&](const Json& item) {
        if (!item.is_string()) {
            throw Malformed(std::string(key) + " holds something else than text");
        }
        found.push_back(base::shorten(base::printable(item.get<std::string>()), message_limit));
    });
    return found;
}

template <typename Decode>
auto decoded(const char* what, const Decode& decode) -> base::Result<decltype(decode())> {
    try {
        return decode();
    } catch (const std::exception& error) {
        return base::fail(ErrorCode::protocol, std::string("cannot make sense of etcd's ") + what + ": " +
                                                   base::shorten(base::printable(error.what()), message_limit));
    }
}

const Json& header_of(const Json& root) {
    const Json* header = find(root, "header");
    if (header == nullptr) {
        throw Malformed("no header");
    }
    return *header;
}

// Asks, and gives the body of a good answer.
base::Result<std::string> question(const Transport& transport, const std::string& path, const std::string& body) {
    TRY_ASSIGN(auto response, transport(path, body));
    if (response.status != 200) {
        return base::fail(ErrorCode::refused, decode_error(response.status, response.body));
    }
    return std::move(response.body);
}

int error_code_of(std::string_view body) {
    const auto code = decoded("error", [&] { return number(parse(body), "code"); });
    return code && *code < 1000 ? static_cast<int>(*code) : 0;
}

}  // namespace

base::Result<model::MemberStatus> decode_status(std::string_view json) {
    return decoded("status", [&] {
        const Json root = parse(json);
        const Json& header = header_of(root);
        return model::MemberStatus{.cluster_id = number(header, "cluster_id"),
                                   .member_id = number(header, "member_id"),
                                   .leader_id = number(root, "leader"),
                                   .raft_term = number(root, "raftTerm"),
                                   .raft_index = number(root, "raftIndex"),
                                   .raft_applied_index = number(root, "raftAppliedIndex"),
                                   .db_size = number(root, "dbSize"),
                                   .db_size_in_use = number(root, "dbSizeInUse"),
                                   .db_quota = number(root, "dbSizeQuota"),
                                   .version = text(root, "version"),
                                   .is_learner = flag(root, "isLearner")};
    });
}

base::Result<std::vector<model::ListedMember>> decode_member_list(std::string_view json) {
    return decoded("member list", [&] {
        const Json root = parse(json);
        std::vector<model::ListedMember> members;
        for_each(root, "members", [&](const Json& item) {
            members.push_back({.id = number(item, "ID"),
                               .name = text(item, "name"),
                               .peer_urls = texts(item, "peerURLs"),
                               .client_urls = texts(item, "clientURLs"),
                               .is_learner = flag(item, "isLearner")});
        });
        if (members.empty()) {
            throw Malformed("it is empty");
        }
        return members;
    });
}

base::Result<std::vector<model::Alarm>> decode_alarms(std::string_view json) {
    return decoded("alarms", [&] {
        const Json root = parse(json);  // etcd 3.4 gives no header here
        if (!root.is_object()) {
            throw Malformed("no object");
        }
        std::vector<model::Alarm> alarms;
        for_each(root, "alarms", [&](const Json& item) {
            alarms.push_back({.member_id = number(item, "memberID"), .type = text(item, "alarm")});
        });
        return alarms;
    });
}

std::string decode_error(int http_status, std::string_view body) {
    const auto message = decoded("error", [&] {
        const Json root = parse(body);
        const std::string said = text(root, "message");
        return said.empty() ? text(root, "error") : said;
    });
    if (message && !message->empty()) {
        return *message + " (code " + std::to_string(error_code_of(body)) + ")";
    }
    return "HTTP " + std::to_string(http_status) + ": " +
           base::shorten(base::replace_all(base::printable(base::trim(body)), "\n", " "), message_limit);
}

bool wants_login(const sys::HttpResponse& response) {
    if (response.status == 200) {
        return false;
    }
    const int code = error_code_of(response.body);
    // "etcdserver: user name is empty" comes as an invalid argument.
    return code == unauthenticated || (code == invalid_argument && response.body.contains("user name is empty"));
}

base::Result<std::string> decode_token(std::string_view json) {
    return decoded("login", [&] {
        // Not by text(): that would cut it.
        const Json root = parse(json);
        const Json* token = find(root, "token");
        if (token == nullptr || !token->is_string() || token->get_ref<const std::string&>().empty()) {
            throw Malformed("no token");
        }
        return token->get<std::string>();
    });
}

model::MemberAnswers ask(const std::string& pod, const std::string& node, const Transport& transport) {
    model::MemberAnswers answers{.pod = pod, .node = node};
    const auto failed = [&](const char* what, const base::Error& error) {
        answers.failures.push_back(std::string(what) + ": " + error.text());
    };
    // etcdctl endpoint health reads this key, too; a plain range is linearizable.
    const auto begin = std::chrono::steady_clock::now();
    auto read = transport("/v3/kv/range", R"({"key":"aGVhbHRo"})");
    if (!read) {
        // No answer at all: the other questions would only wait as long.
        failed("does not answer", read.error());
        return answers;
    }
    // "Permission denied" proves the read as well (etcdctl counts it as healthy, too).
    const bool denied = read->status != 200 && error_code_of(read->body) == permission_denied;
    if (read->status == 200 || denied) {
        answers.linearizable_read =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    } else {
        answers.failures.push_back("linearizable read: " + decode_error(read->status, read->body));
    }
    const auto take = [&](const char* what, const std::string& path, const std::string& body, auto decode,
                          auto& target) {
        auto answer = question(transport, path, body);
        if (!answer) {
            failed(what, answer.error());
            return;
        }
        auto value = decode(*answer);
        if (!value) {
            failed(what, value.error());
            return;
        }
        target = std::move(*value);
    };
    take("status", "/v3/maintenance/status", "{}", decode_status, answers.status);
    take("member list", "/v3/cluster/member/list", "{}", decode_member_list, answers.members);
    take("alarms", "/v3/maintenance/alarm", R"({"action":"GET"})", decode_alarms, answers.alarms);
    return answers;
}

}  // namespace etcd
