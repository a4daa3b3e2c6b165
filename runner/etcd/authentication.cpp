#include "etcd/authentication.hpp"

#include <algorithm>
#include <vector>

#include "etcd/json.hpp"

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

base::Result<std::vector<std::string>> users(const Transport& transport) {
    TRY_ASSIGN(const auto body, ask("/v3/auth/user/list", Json::object(), transport));
    return json::decoded("users", [&] { return json::texts(json::parse(body), "users"); });
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

base::Result<std::string> find_use(const Transport& transport) {
    constexpr std::uint64_t of_a_new_one = 1;
    TRY_ASSIGN(const auto body, ask("/v3/kv/range", {{"key", "AA=="}}, transport));
    TRY_ASSIGN(const auto revision,
               json::decoded("read", [&] { return json::number(json::header_of(json::parse(body)), "revision"); }));
    if (revision > of_a_new_one) {
        return "it was written to (revision " + std::to_string(revision) + ")";
    }
    TRY_ASSIGN(const auto all, users(transport));
    const auto other = std::ranges::find_if(all, [](const auto& user) { return user != "root"; });
    return other == all.end() ? std::string() : "it has the user " + *other;
}

base::Result<void> switch_authentication_on(const std::string& root_password, const Transport& transport) {
    TRY_ASSIGN(const auto all, users(transport));
    if (std::ranges::find(all, "root") != all.end()) {
        // Another password would not do: one that was made without any would keep that.
        TRY(ask("/v3/auth/user/delete", {{"name", "root"}}, transport));
    }
    TRY(ask("/v3/auth/user/add", {{"name", "root"}, {"password", root_password}}, transport));
    TRY(ask("/v3/auth/user/grant", {{"user", "root"}, {"role", "root"}}, transport));
    TRY(ask("/v3/auth/enable", Json::object(), transport));
    return {};
}

}  // namespace etcd
