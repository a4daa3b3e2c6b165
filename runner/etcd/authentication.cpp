#include "etcd/authentication.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "etcd/json.hpp"
#include "etcd/probe.hpp"

namespace etcd {
namespace {

using base::ErrorCode;
using Json = json::Value;

base::Result<std::string> ask(const char* path, const Json& question, const Transport& transport) {
    TRY_ASSIGN(auto answer, transport(path, question.dump()));
    if (answer.status != 200) {
        return base::fail(ErrorCode::refused, decode_error(answer.status, answer.body));
    }
    return std::move(answer.body);
}

// How many keys are not the probe's.
base::Result<std::uint64_t> count_keys(const Transport& transport) {
    // All of them ("\0" to "\0"), by their names, of which a few are enough.
    TRY_ASSIGN(
        const auto body,
        ask("/v3/kv/range", {{"key", "AA=="}, {"range_end", "AA=="}, {"keys_only", true}, {"limit", "50"}}, transport));
    static_assert(probe_keys.size() % 3 == 0, "its base64 is then the beginning of theirs");
    const auto ours = base::base64_encode(probe_keys);
    return json::decoded("keys", [&] {
        const auto root = json::parse(body);
        auto left = json::number(root, "count");
        json::for_each(root, "kvs", [&](const Json& each) {
            if (left > 0 && json::text(each, "key").starts_with(ours)) {
                --left;
            }
        });
        return left;
    });
}

}  // namespace

base::Result<std::optional<bool>> authentication_is_on(const Transport& transport) {
    TRY_ASSIGN(const auto answer, transport("/v3/auth/status", "{}"));
    if (answer.status == 404) {
        return std::optional<bool>();
    }
    if (answer.status != 200) {
        return base::fail(ErrorCode::refused, decode_error(answer.status, answer.body));
    }
    return json::decoded("state of authentication",
                         [&] { return std::optional(json::flag(json::parse(answer.body), "enabled")); });
}

base::Result<std::string> find_users(const Transport& transport) {
    TRY_ASSIGN(const auto keys, count_keys(transport));
    if (keys > 0) {
        return keys == 1 ? "a key" : std::to_string(keys) + " keys";
    }
    TRY_ASSIGN(const auto body, ask("/v3/auth/user/list", Json::object(), transport));
    TRY_ASSIGN(const auto users, json::decoded("users", [&] { return json::texts(json::parse(body), "users"); }));
    for (const auto& user : users) {
        if (user != "root") {
            return "the user " + user;
        }
    }
    return std::string();
}

base::Result<void> switch_authentication_on(const std::string& root_password, const Transport& transport) {
    const Json root{{"name", "root"}, {"password", root_password}};
    TRY_ASSIGN(const auto body, ask("/v3/auth/user/list", Json::object(), transport));
    TRY_ASSIGN(const auto users, json::decoded("users", [&] { return json::texts(json::parse(body), "users"); }));
    const bool is_there = std::ranges::find(users, "root") != users.end();
    TRY(ask(is_there ? "/v3/auth/user/changepw" : "/v3/auth/user/add", root, transport));
    TRY(ask("/v3/auth/user/grant", {{"user", "root"}, {"role", "root"}}, transport));
    TRY(ask("/v3/auth/enable", Json::object(), transport));
    return {};
}

}  // namespace etcd
